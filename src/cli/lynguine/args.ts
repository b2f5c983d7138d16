import { commonArgs } from "../common-args.ts";

export const pythonArgs = {
  python: {
    type: "string",
    valueHint: "FILE",
    description: "The environment's interpreter; default: python3",
  },
  ...commonArgs,
} as const;

/** Where no interpreter is named. */
export const DEFAULT_PYTHON = "python3";
