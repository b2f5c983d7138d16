import type { ArgDefs } from "./command.ts";
import { OUTPUT_FORMATS } from "./output/choose-format.ts";

/** Flags of commands whose result is a table. */
export const outputArgs = {
  format: {
    type: "string",
    alias: "f",
    valueHint: "FORMAT",
    options: OUTPUT_FORMATS,
    description: "How to write it; default: a table on a terminal, JSON in a pipe, a file's by its name",
  },
  output: {
    type: "string",
    alias: "o",
    valueHint: "FILE",
    description: "Write to this file, whole or not at all",
  },
  limit: { type: "string", alias: "n", valueHint: "ROWS", description: "At most so many rows" },
  all: { type: "boolean", description: "All rows, also in a table (which shows 40)" },
} as const satisfies ArgDefs;
