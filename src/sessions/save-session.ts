import { type CellObject, keysOf, objectFrom } from "../data/json-keys.ts";
import { didYouMean } from "../nearest.ts";
import type { Cell, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { SessionFrame } from "./frame.ts";
import { partTable } from "./frame-table.ts";
import { labelKey } from "./label.ts";
import type { Part } from "./parts.ts";
import type { Session } from "./session.ts";

/** Writes a table to an output of an interface. */
export type WriteTable = (
  table: Table,
  output: CellObject,
) => Promise<{ readonly rows: number; readonly bytes: number; readonly path: string }>;

export interface SaveResult {
  readonly saved: readonly {
    readonly section: string;
    readonly path: string;
    readonly rows: number;
    readonly bytes: number;
  }[];
  /** Sections that no file can be written of, each with the reason. */
  readonly skipped: readonly { readonly section: string; readonly reason: string }[];
}

/** What a section says about reading, and not about where it is written. */
const READING_ONLY: readonly string[] = [
  "index",
  "columns",
  "selector",
  "mapping",
  "compute",
  "add_columns",
  "rename_columns",
  "ignore_columns",
  "select_columns",
];

/**
 * Writes the sections of a session that are outputs and series to the files that the interface names for them, each
 * file atomically: those that something was written to, caches only when they are named.
 *
 * @param values the interface
 * @param names sections; undefined: all outputs that were changed
 */
export async function saveSession(
  session: Session,
  values: CellObject,
  names: readonly string[] | undefined,
  write: WriteTable,
): Promise<SaveResult> {
  const { frame } = session;
  const written = frame.parts.filter(({ section }) => section.kind !== "input");
  const known = written.map(({ section }) => section.name as string);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new HearthError("request-invalid", `The session has no section "${unknown}" that is written`, {
      hint: didYouMean(unknown, known),
    });
  }
  const chosen = written.filter(({ section }) =>
    names === undefined ? section.kind === "output" : names.includes(section.name),
  );
  const saved: SaveResult["saved"][number][] = [];
  const skipped: SaveResult["skipped"][number][] = [];
  for (const part of chosen) {
    const { name } = part.section;
    const section = values[name] as CellObject;
    const reason = whyNot(part, section) ?? (names === undefined ? whyNotNow(part) : undefined);
    if (reason === undefined) {
      const { rows, bytes, path } = await session.saving(part.columns, () =>
        write(tableOf(frame, part, section), outputOf(section, values)),
      );
      saved.push({ section: name, path, rows, bytes });
    } else if (names === undefined) skipped.push({ section: name, reason });
    else throw new HearthError("not-supported", `"${name}" can't be saved: ${reason}`);
  }
  return { saved, skipped };
}

function whyNot(part: Part, { type }: CellObject): string | undefined {
  if (part.kind === "parameters") return "parameters are one value a column and have no rows of their own";
  return type === "local" ? "its data stand in the interface itself" : undefined;
}

/** A file that nobody changed is not written anew, unless that is asked for. */
function whyNotNow(part: Part): string | undefined {
  return part.kind === "parameters" || part.isChanged ? undefined : "nothing was written to it";
}

function tableOf(frame: SessionFrame, part: Part, section: CellObject): Table {
  if (part.kind === "parameters") throw new TypeError("parameters are no table");
  const labels = new Map(frame.indices.map((index) => [labelKey(index), index]));
  for (const [key, label] of part.labels) labels.set(key, label);
  return partTable(part, String(section["index"]), labels.values());
}

function outputOf(section: CellObject, values: CellObject): CellObject {
  const base: [string, Cell] = ["base_directory", values["base_directory"] ?? null];
  const kept = keysOf(section).filter((key) => !READING_ONLY.includes(key));
  return objectFrom([base, ...kept.map((key): [string, Cell] => [key, section[key] as Cell])]);
}
