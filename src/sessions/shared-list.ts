import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CellObject, isCellObject } from "../data/json-keys.ts";
import { parseJson } from "../data/json-parse.ts";
import { writeJson } from "../data/json-write.ts";
import type { Cell } from "../data/table.ts";
import type { KnownSession } from "./service.ts";

/** Below the home folder: where lynguine keeps the list of its sessions, one for all servers of a user. */
const SHARED_LIST = ".lynguine/sessions/sessions.json";

/**
 * Keeps lynguine's list of sessions up to date, for tools that look there; hearth itself never reads its sessions from it.
 * What other servers put there stays.
 *
 * @param home absolute
 * @param sessions ours
 * @param gone ids of ours that are no more
 * @param now seconds since the epoch
 */
export function updateSharedList(
  home: string,
  sessions: readonly KnownSession[],
  gone: readonly string[],
  now: number,
): void {
  const path = join(home, SHARED_LIST);
  const ours = new Set([...gone, ...sessions.map(({ record }) => record.id)]);
  const foreign = entriesOf(path).filter(
    (entry) => !isCellObject(entry) || !ours.has(String(entry["session_id"] ?? "")),
  );
  const text = writeJson({ sessions: [...foreign, ...sessions.map(entryOf)], saved_at: now });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function entriesOf(path: string): readonly Cell[] {
  try {
    const list = parseJson(readFileSync(path));
    const sessions = isCellObject(list) ? list["sessions"] : undefined;
    return Array.isArray(sessions) ? (sessions as readonly Cell[]) : [];
  } catch {
    return []; // none yet, or one that nobody can read
  }
}

function entryOf({ record, lastAccessed }: KnownSession): CellObject {
  return {
    session_id: record.id,
    interface_file: record.interfaceFile,
    directory: record.directory,
    interface_field: record.interfaceField,
    timeout: record.timeout,
    created_time: record.createdTime,
    last_accessed: lastAccessed,
  };
}
