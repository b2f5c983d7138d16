import { type CellObject, isCellObject } from "../data/json-keys.ts";
import { parseJson } from "../data/json-parse.ts";
import { writeJson } from "../data/json-write.ts";
import type { Cell } from "../data/table.ts";
import type { Focus } from "./frame.ts";
import { labelKey } from "./label.ts";
import { type Change, type SessionRecord, withoutSaved } from "./store.ts";

/** The first line of a journal. */
export function recordLine(record: SessionRecord): string {
  return `${writeJson({ version: 1, ...record })}\n`;
}

/** The line of a change. */
export function changeLine({ focus, write, saved }: Change): string {
  const line = {
    focus,
    ...(write === undefined ? {} : { write }),
    ...(saved === undefined ? {} : { saved }),
  };
  return `${writeJson(line)}\n`;
}

/** Reads a first line; undefined for anything else. */
export function parseRecord(line: string): SessionRecord | undefined {
  const value = objectIn(line);
  if (value?.["version"] !== 1 || typeof value["id"] !== "string") return undefined;
  const { version: _, ...record } = value;
  return { ...record, timeout: Number(value["timeout"]), createdTime: Number(value["createdTime"]) } as never;
}

/** Reads the line of a change; undefined for a torn or a foreign one. */
export function parseChange(line: string): Change | undefined {
  const value = objectIn(line);
  if (!isCellObject(value?.["focus"])) return undefined;
  const focus = focusOf(value["focus"]);
  const { write, saved } = value;
  if (Array.isArray(saved)) return { focus, saved: saved as string[] };
  if (!isCellObject(write)) return { focus };
  return { focus, write: { at: focusOf(write["at"] as CellObject), value: write["value"] as Cell } };
}

function objectIn(line: string): CellObject | undefined {
  try {
    const value = parseJson(line);
    return isCellObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function focusOf({ index = null, column = null, selector = null, subindex = null }: CellObject): Focus {
  return { index, subindex, column: textOrNull(column), selector: textOrNull(selector) };
}

function textOrNull(value: Cell): string | null {
  return typeof value === "string" ? value : null;
}

/**
 * Fewer changes that lead to the same: of each cell the last one, and the last focus. Once a series row was given another
 * name (its selector's cell was written) an address may mean two rows, so all changes of series stay.
 */
export function foldChanges(changes: readonly Change[]): Change[] {
  const writes = withoutSaved(changes).filter(({ write }) => write !== undefined);
  const isRenamed = writes.some(
    ({ write }) => write?.at.selector !== null && write?.at.selector === write?.at.column,
  );
  const folded = new Map<string, Change>();
  for (const [position, change] of writes.entries()) {
    const { at } = change.write as { at: Focus };
    const key = at.selector !== null && isRenamed ? String(position) : addressOf(at);
    // Set anew, so that the order is that of the last writes.
    folded.delete(key);
    folded.set(key, change);
  }
  const last = changes.at(-1);
  return last === undefined ? [] : [...folded.values(), { focus: last.focus }];
}

function addressOf({ index, column, selector, subindex }: Focus): string {
  return JSON.stringify([labelKey(index), column, selector, labelKey(subindex)]);
}
