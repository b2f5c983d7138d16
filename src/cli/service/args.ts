import type { ArgDefs } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { serverArgs } from "../server-args.ts";

const { "no-tcp": _tcp, "guest-socket": _socket, ...settings } = serverArgs as ArgDefs;

/** The flags of `hearth service install`: all settings of a server but those of its ways in, which the service decides. */
export const installArgs = {
  ...commonArgs,
  ...settings,
  env: {
    type: "string",
    valueHint: "NAME",
    multiple: true,
    description: "Variable of this environment to keep for the service",
  },
  "dry-run": { type: "boolean", description: "Print the files, and change nothing" },
} as const satisfies ArgDefs;
