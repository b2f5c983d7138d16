import { HearthError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import { isForGuests } from "./guest-variables.ts";

/** `$NAME` and `${NAME}`, as Python's `os.path.expandvars` knows them; no escape, no nesting. */
const VARIABLE = /\$(?:(\w+)|\{([^{}]*)\})/g;

/**
 * Replaces `$NAME` and `${NAME}` by the caller's variables: an owner's are those that the client sent, a guest's the
 * server's without its secrets. What is unset stays as written, and what was put in is not looked at again.
 */
export function expandVariables(text: string, caller: Caller): string {
  if (!text.includes("$")) return text;
  return text.replace(VARIABLE, (written: string, plain?: string, braced?: string) => {
    return variable(plain ?? braced ?? "", caller) ?? written;
  });
}

/**
 * Replaces a leading `~` or `~/` by the caller's home folder; `~name` stays as written. Throws `request-invalid` when
 * the caller has no home.
 */
export function expandHome(path: string, caller: Caller): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  const home = variable("HOME", caller);
  if (home === undefined || !home.startsWith("/")) {
    throw new HearthError("request-invalid", `"${path}" needs a home folder, and HOME is not set`);
  }
  return home + path.slice(1);
}

/** Folders that lynguine's files name by a variable, so that they mean the same elsewhere. */
const FOLDER_VARIABLES = ["HOME", "USERPROFILE", "TEMP", "TMPDIR", "TMP", "BASE"];

/** A path in which the values of such variables are written as `${NAME}`. */
export function shortenedByVariables(path: string, caller: Caller): string {
  const known = caller.kind === "owner" ? { ...caller, onUnsent: () => {} } : caller;
  return FOLDER_VARIABLES.reduce((shown, name) => {
    const value = variable(name, known);
    return value === undefined || value === "" ? shown : shown.replaceAll(value, `\${${name}}`);
  }, path);
}

function variable(name: string, caller: Caller): string | undefined {
  if (caller.kind === "owner") {
    if (Object.hasOwn(caller.environment, name)) return caller.environment[name];
    caller.onUnsent?.(name);
    return undefined;
  }
  const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined;
  return value !== undefined && isForGuests(name, value, caller.variables) ? value : undefined;
}
