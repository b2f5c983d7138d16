import { dirname } from "node:path";
import type { Caller } from "../access/caller.ts";
import { expandVariables } from "../access/expand.ts";
import type { FileAccess, FileStamp } from "../access/files.ts";
import { type CellObject, isCellObject, keysOf, objectFrom } from "../data/json-keys.ts";
import { listNames } from "../nearest.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { Documents, ParsedFile } from "./documents.ts";
import { boundTo, inheritanceOf, inherited, seenByChild } from "./inherit.ts";

/** An interface with its inheritance resolved. */
export interface LoadedInterface {
  /** All keys, inherited ones included; top-level texts expanded; `base_directory` and `user_file` added. */
  readonly values: CellObject;
  /** Every file that was read, its own first. */
  readonly stamps: readonly FileStamp[];
}

export interface InterfaceOptions {
  /** As the caller wrote it; relative ones count from the caller's folder. */
  readonly directory: string;
  /** Takes this key's mapping for the interface. */
  readonly field?: string | undefined;
  readonly files: FileAccess;
  readonly caller: Caller;
  readonly documents: Documents;
  readonly signal: AbortSignal;
}

/** Interfaces above one another; more is a mistake. */
const MAX_PARENTS = 32;

/**
 * Loads an interface (section 6 of the wire contract): a YAML mapping, with what it inherits. Of several names the first
 * that exists is used.
 *
 * Throws `file-not-found`, `data-invalid` (broken, empty, a circle of parents, a missing `field`), and what the file
 * access throws.
 */
export function loadInterface(
  names: string | readonly string[],
  options: InterfaceOptions,
): Promise<LoadedInterface> {
  return load(typeof names === "string" ? [names] : names, options, []);
}

/** The data source under `input` of an interface, inherited or its own. Throws as `loadInterface`. */
export async function interfaceInput(
  names: string | readonly string[],
  options: InterfaceOptions,
): Promise<CellObject> {
  const { values } = await loadInterface(names, options);
  const input = values["input"];
  if (isCellObject(input)) return input;
  throw new HearthError("data-invalid", "Interface has no 'input' section", {
    hint: `It has ${listNames(keysOf(values))}.`,
  });
}

async function load(
  names: readonly string[],
  options: InterfaceOptions,
  children: readonly string[],
): Promise<LoadedInterface> {
  const { name, file } = await firstThere(names, options);
  const { realPath } = file.stamp;
  const shownName = `"${name}"`;
  if (children.includes(realPath)) throw circle([...children, realPath]);
  if (children.length > MAX_PARENTS)
    throw new HearthError("data-invalid", `${shownName} has more than ${MAX_PARENTS} children below it`);
  const folder = dirname(realPath);
  const mapping = mappingOf(file.value, options.field, shownName);
  const own = children.length === 0 ? mapping : boundTo(folder, mapping);
  const inheritance = inheritanceOf(own, shownName);
  const complete = expanded(added(own, { base_directory: folder, user_file: name }), options.caller);
  if (inheritance === undefined) return { values: complete, stamps: [file.stamp] };
  const directory = absoluteBelow(folder, expandVariables(inheritance.directory, options.caller));
  const above = { ...options, directory, field: undefined };
  const parent = await load([inheritance.filename], above, [...children, realPath]);
  const seen = seenByChild(parent.values, inheritance.ignore);
  return {
    values: inherited(complete, seen, inheritance, shownName),
    stamps: [file.stamp, ...parent.stamps],
  };
}

function absoluteBelow(folder: string, directory: string): string {
  return /^[/~]/.test(directory) ? directory : `${folder}/${directory}`;
}

async function firstThere(
  names: readonly string[],
  { directory, files, documents, signal }: InterfaceOptions,
): Promise<{ name: string; file: ParsedFile<Cell> }> {
  // `./a.yml` is no name that somebody wrote.
  const place = directory === "." ? {} : { directory };
  let missing: unknown;
  for (const name of names) {
    try {
      return { name, file: await documents.yaml({ path: name, place, files, signal }) };
    } catch (error) {
      if (!(error instanceof HearthError) || error.code !== "file-not-found") throw error;
      missing = error;
    }
  }
  if (names.length === 1) throw missing;
  throw new HearthError("file-not-found", `None of ${listNames(names)} is in "${directory}"`);
}

function mappingOf(value: Cell, field: string | undefined, shownName: string): CellObject {
  if (value === null) throw new HearthError("data-invalid", `The interface ${shownName} is empty`);
  if (!isCellObject(value)) {
    throw new HearthError("data-invalid", `The interface ${shownName} is not a mapping`);
  }
  if (field === undefined) return value;
  const part = Object.hasOwn(value, field) ? value[field] : undefined;
  if (isCellObject(part)) return part;
  const reason = part === undefined ? `has no field "${field}"` : `has no mapping under "${field}"`;
  throw new HearthError("data-invalid", `The interface ${shownName} ${reason}`, {
    hint: `It has ${listNames(keysOf(value))}.`,
  });
}

function added(own: CellObject, additions: CellObject): CellObject {
  const entries = (object: CellObject) =>
    keysOf(object).map((key): [string, Cell] => [key, object[key] as Cell]);
  const absent = entries(additions).filter(([key]) => !Object.hasOwn(own, key));
  return objectFrom([...entries(own), ...absent]);
}

/** Only texts at the top level; nothing inside lists or mappings. */
function expanded(values: CellObject, caller: Caller): CellObject {
  return objectFrom(
    keysOf(values).map((key) => {
      const value = values[key] as Cell;
      return [key, typeof value === "string" ? expandVariables(value, caller) : value];
    }),
  );
}

function circle(paths: readonly string[]): HearthError {
  const names = paths.map((path) => path.slice(path.lastIndexOf("/") + 1));
  return new HearthError("data-invalid", `An interface inherits from itself: ${names.join(" -> ")}`, {
    hint: "Take one `inherit` of these away.",
  });
}
