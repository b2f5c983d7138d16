import type { ArgDefs } from "../command.ts";

/** Where a benchmark's report goes, besides the terminal. */
export const reportArgs = {
  markdown: {
    type: "string",
    valueHint: "FILE",
    description: "Write the report as Markdown to this file; - for stdout",
  },
  html: {
    type: "string",
    valueHint: "FILE",
    description: "Write the report with charts to this one HTML file",
  },
  "no-history": { type: "boolean", description: "Don't keep the result" },
} as const satisfies ArgDefs;
