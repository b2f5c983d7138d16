import type { ArgDefs } from "./command.ts";

/** Flags that every command takes. */
export const commonArgs = {
  json: { type: "boolean", description: "Print JSON, for programs" },
  quiet: { type: "boolean", alias: "q", description: "Say nothing but errors" },
  debug: { type: "boolean", description: "Show the stack of an error" },
  help: { type: "boolean", alias: "h", description: "Show this help" },
} as const satisfies ArgDefs;

/** Which server is meant: flags of every command that looks for one. */
export const instanceArgs = {
  config: {
    type: "string",
    valueHint: "FILE",
    description: "Config file, instead of searching for hearth.yaml",
  },
  "no-config": { type: "boolean", description: "Use no config file" },
  host: { type: "string", valueHint: "HOST", description: "Address of the server" },
  port: { type: "string", valueHint: "PORT", description: "Port of the server" },
} as const satisfies ArgDefs;

/** Flags of commands that ask a server and start it when none runs. */
export const clientArgs = {
  ...commonArgs,
  ...instanceArgs,
  timeout: { type: "string", valueHint: "DURATION", description: "Give up after this time (30s, 5m)" },
} as const satisfies ArgDefs;
