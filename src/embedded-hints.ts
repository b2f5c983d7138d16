import type { Hints } from "./errors.ts";

/**
 * What to do about a failure, for callers of a program and for who writes it: there is no command line to call, and no
 * server that the next call starts. In place of the hints that speak of these; errors without one keep none.
 */
export const EMBEDDED_HINTS: Hints = {
  "no-root": "The program names its folders: pass `roots` to createHearth().",
  "path-outside":
    "Name a file below one of the program's `roots`, and of the request's own allowed_roots where it has some.",
  "body-too-large":
    "Raise `bodyLimitBytes` (for uploads `uploadLimitBytes`), or send a table by POST /api/write_data?output=FILE, which streams to disk.",
  "disk-full":
    "Free space, name a folder on another disk as `stateDir`, or raise `spillLimitBytes` if the message names spillLimit.",
  "time-limit": "Make the query smaller, or raise `computeTimeoutSeconds`.",
  "memory-limit": "Select less, or raise `memoryBudgetBytes`.",
  "engine-unavailable":
    "On Deno the program needs `--allow-ffi` for it. Elsewhere install hearthd again, with its optional dependencies.",
  "server-stopping": "The program closes its hearth. Ask again when it has made another.",
  internal: "The program's `onError` is told what happened, under this request id.",
  "port-taken": "Choose another `port`; 0 takes one that is free.",
  "address-invalid": "Name a `host` and `port`, or a `socket`, that this user may listen on.",
  "state-unusable": "Name a folder that only this user may open as `stateDir`.",
};
