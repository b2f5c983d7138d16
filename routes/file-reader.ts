import type { Context } from "hono";
import type { Caller } from "../src/access/caller.ts";
import type { Hearth } from "../src/hearth.ts";
import { contextOf, type HearthEnv } from "./context.ts";

/** Whose files are read, and where parsed ones are kept. */
export function fileReader(hearth: Hearth, c: Context<HearthEnv>) {
  const caller = askingForVariables(contextOf(c).caller(), c);
  return {
    caller,
    files: hearth.filesFor(caller),
    documents: hearth.documents,
    signal: contextOf(c).signal,
  };
}

/** An owner's client sends the variables that its request names; those that are named in a file it is asked for. */
function askingForVariables(caller: Caller, c: Context<HearthEnv>): Caller {
  if (caller.kind !== "owner") return caller;
  const names = new Set<string>();
  const onUnsent = (name: string) => {
    if (!VARIABLE_NAME.test(name)) return;
    names.add(name);
    c.set("unsentVariables", names);
    c.header(HEADER, [...names].join(","));
  };
  return { ...caller, onUnsent };
}

/** The answer to a request that failed, with what it asks the owner's client for: that may be why. */
export function askForVariables(c: Context<HearthEnv>, response: Response): Response {
  const names = c.get("unsentVariables");
  if (names !== undefined) response.headers.set(HEADER, [...names].join(","));
  return response;
}

const HEADER = "x-hearth-variables";

/** What can stand in a header; other names are no shell's. */
const VARIABLE_NAME = /^[A-Za-z_]\w{0,199}$/;
