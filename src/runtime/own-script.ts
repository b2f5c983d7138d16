import { HearthError } from "../errors.ts";

/**
 * The script of hearth's command line, found from this file: `src/cli/main.ts` in a clone, `dist/src/cli/main.js` in the
 * package. Not `argv[1]`: embedded, that is somebody else's program.
 *
 * @throws HearthError `start-failed` when hearth was bundled into another program
 */
export function ownScript(): string {
  // Loaded at the call: the command line's quick path never asks.
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  const { existsSync } = process.getBuiltinModule("node:fs");
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const url = new URL(`../cli/main.${extension}`, import.meta.url);
  if (url.protocol === "file:") {
    const path = fileURLToPath(url);
    if (existsSync(path)) return path;
  }
  throw new HearthError(
    "start-failed",
    "hearth was bundled into this program and has no command of its own",
    {
      hint: "Start the server with `hearth start`, or keep the package hearthd out of the bundle.",
    },
  );
}
