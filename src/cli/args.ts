import { HearthError } from "../errors.ts";
import type { ArgDef, ArgDefs, SwitchDef, ValueDef } from "./command.ts";
import { nearestName } from "../nearest.ts";

/** The values of one command line, by the names of the definitions. */
export type ParsedArgs = Record<string, string | boolean | readonly string[] | undefined>;

type FlagDef = SwitchDef | ValueDef;

interface Reading {
  readonly defs: ArgDefs;
  readonly rest: string[];
  readonly values: ParsedArgs;
  readonly positionals: string[];
}

/**
 * Reads a command line strictly: an unknown flag, a missing or extra value is a `HearthError` `usage` that names the
 * nearest right one. citty's own parser lets unknown flags pass, and keeps only the last of repeated ones.
 */
export function parseArgs(defs: ArgDefs, raw: readonly string[]): ParsedArgs {
  const reading: Reading = { defs, rest: [...raw], values: emptyValues(defs), positionals: [] };
  for (let word = reading.rest.shift(); word !== undefined; word = reading.rest.shift()) {
    if (word === "--") {
      reading.positionals.push(...reading.rest.splice(0));
    } else if (word.startsWith("--")) {
      readLongFlag(reading, word);
    } else if (word.startsWith("-") && word.length > 1) {
      readShortFlag(reading, word);
    } else {
      reading.positionals.push(word);
    }
  }
  placePositionals(reading);
  return reading.values;
}

function emptyValues(defs: ArgDefs): ParsedArgs {
  const lists = Object.entries(defs).filter(([, def]) => "multiple" in def && def.multiple === true);
  return Object.fromEntries(lists.map(([name]) => [name, []]));
}

function readLongFlag(reading: Reading, word: string): void {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  const def = flagNamed(reading.defs, name);
  if (def !== undefined) return take(reading, name, def, attached);
  const denied = name.startsWith("no-") ? flagNamed(reading.defs, name.slice(3)) : undefined;
  if (denied?.type === "boolean" && attached === undefined) {
    reading.values[name.slice(3)] = false;
    return;
  }
  throw unknownFlag(reading.defs, `--${name}`);
}

/** `-f`, `-n 5`, `-n5`, and switches together as in `-qf`. */
function readShortFlag(reading: Reading, word: string): void {
  const letter = word.slice(1, 2);
  const found = Object.entries(reading.defs).find(([, def]) => isFlag(def) && def.alias === letter);
  if (found === undefined) throw unknownFlag(reading.defs, word);
  const [name, def] = found as [string, FlagDef];
  const attached = word.slice(2);
  if (def.type === "boolean" && attached !== "") {
    reading.rest.unshift(`-${attached}`);
    return take(reading, name, def, undefined);
  }
  take(reading, name, def, attached === "" ? undefined : attached.replace(/^=/, ""));
}

function take(reading: Reading, name: string, def: FlagDef, attached: string | undefined): void {
  if (def.type === "boolean") {
    reading.values[name] = booleanOf(name, attached);
    return;
  }
  const value = attached ?? nextValue(reading, name, def);
  if (def.options !== undefined && !def.options.includes(value)) throw notAnOption(name, value, def.options);
  if (def.multiple === true) {
    reading.values[name] = [...(reading.values[name] as readonly string[]), value];
  } else {
    reading.values[name] = value;
  }
}

function booleanOf(name: string, text: string | undefined): boolean {
  if (text === undefined || text === "true") return true;
  if (text === "false") return false;
  throw new HearthError("usage", `--${name} takes no value, but "${text}" was given`);
}

/** The word after the flag, unless it is plainly the next flag: `--port --json` forgot the port. */
function nextValue(reading: Reading, name: string, def: ValueDef): string {
  const value = reading.rest[0];
  const isFlagToo = value?.startsWith("--") === true && flagNamed(reading.defs, value.slice(2)) !== undefined;
  if (value === undefined || isFlagToo) {
    const followed = value === undefined ? "" : `, but ${value} follows`;
    throw new HearthError("usage", `--${name} needs a value${followed}`, {
      hint: `Write --${name} ${def.valueHint}.`,
    });
  }
  reading.rest.shift();
  return value;
}

function placePositionals({ defs, values, positionals }: Reading): void {
  for (const [name, def] of Object.entries(defs)) {
    if (def.type !== "positional") continue;
    const taken = positionals.splice(0, def.multiple === true ? positionals.length : 1);
    if (taken.length === 0 && def.required === true) {
      throw new HearthError("usage", `${name.toUpperCase()} is missing: ${lowerFirst(def.description)}`);
    }
    for (const value of taken) {
      if (def.options !== undefined && !def.options.includes(value))
        throw notAnOption(name, value, def.options);
    }
    values[name] = def.multiple === true ? taken : taken[0];
  }
  if (positionals.length > 0) throw new HearthError("usage", `Unexpected argument "${positionals[0]}"`);
}

function notAnOption(name: string, value: string, options: readonly string[]): HearthError {
  const meant = nearestName(value, options);
  return new HearthError("usage", `${name} can't be "${value}"; it is one of ${options.join(", ")}`, {
    hint: meant === undefined ? undefined : `Did you mean "${meant}"?`,
  });
}

function unknownFlag(defs: ArgDefs, written: string): HearthError {
  const names = Object.keys(defs).filter((name) => flagNamed(defs, name) !== undefined);
  const meant = written.startsWith("--") ? nearestName(written.slice(2), names) : undefined;
  return new HearthError("usage", `Unknown flag "${written}"`, {
    hint: meant === undefined ? undefined : `Did you mean --${meant}?`,
  });
}

function flagNamed(defs: ArgDefs, name: string): FlagDef | undefined {
  const def = Object.hasOwn(defs, name) ? defs[name] : undefined;
  return def !== undefined && isFlag(def) ? def : undefined;
}

function isFlag(def: ArgDef): def is FlagDef {
  return def.type !== "positional";
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
