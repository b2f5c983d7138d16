import { writeAtomically } from "../access/atomic-write.ts";
import type { FileAccess, PathOptions } from "../access/files.ts";
import { HearthError } from "../errors.ts";
import { collect } from "./columns.ts";
import { type CellObject, keysOf, objectFrom } from "./json-keys.ts";
import { listNames } from "../nearest.ts";
import type { Output } from "./output.ts";
import { kindOf } from "./records.ts";
import type { Access, WriteResult } from "./service.ts";
import { pathOptionsOf, unknownOutputParameters } from "./source-check.ts";
import { parseStoreFields, type StoreFields } from "./store-fields.ts";
import { cellOf } from "./table-rows.ts";
import type { Cell, Column, Table, TableStream } from "./table.ts";
import type { FolderWriter } from "./target.ts";

/** Bytes of a table whose rows become files: all is checked before the first is written. */
const TABLE_BYTES = 256 << 20;

const encoder = new TextEncoder();

interface RowFile {
  readonly name: string;
  readonly place: PathOptions;
  readonly bytes: Uint8Array;
}

/**
 * Writes a file for each row, at the root, folder and name that the row says; folders are made. Every row is encoded and
 * its place checked before the first file is written, each file is written atomically.
 *
 * Throws `column-unknown` without the three columns, `data-invalid` for rows without a place and for two rows of one
 * file, what the file access throws; a failure on the way says how many files were written before.
 */
export async function writeFolder(
  stream: TableStream,
  output: Output,
  writer: FolderWriter,
  { files, signal }: Access,
): Promise<WriteResult> {
  const fields = parseStoreFields(output["store_fields"], "sourceFilename");
  const table = await collect(stream, TABLE_BYTES);
  const rowFiles = rowsOf(table, fields, output, writer);
  await checkPlaces(rowFiles, files);
  let bytes = 0;
  for (const [done, file] of rowFiles.entries()) {
    signal.throwIfAborted();
    try {
      bytes += await writeFile(file, files, signal);
    } catch (error) {
      throw withProgress(error, done, rowFiles.length);
    }
  }
  const [first] = rowFiles;
  return {
    rows: table.rows,
    bytes,
    path: first?.place.directory ?? "",
    warnings: unknownOutputParameters(output, ["store_fields"]),
  };
}

function rowsOf(
  { columns, rows }: Table,
  fields: StoreFields,
  output: Output,
  { suffix, encode }: FolderWriter,
): readonly RowFile[] {
  const byName = new Map(columns.map((column) => [String(column.name), column]));
  const places = [fields.root, fields.directory, fields.filename];
  const missing = rows === 0 ? [] : places.filter((name) => !byName.has(name));
  if (missing.length > 0) {
    throw new HearthError(
      "column-unknown",
      `The rows have no ${listNames(missing)}, which say where they go`,
      {
        hint: 'Add them, or name others with "store_fields": {"root", "directory", "filename"}.',
      },
    );
  }
  const { baseDirectory, allowedRoots } = pathOptionsOf(output);
  const own = columns.filter(({ name }) => !places.includes(String(name)));
  return Array.from({ length: rows }, (_, row) => {
    const [root, directory, filename] = places.map((name) => textAt(byName.get(name) as Column, row));
    return {
      name: `${filename}${suffix}`,
      place: { directory: folderOf(root as string, directory as string), baseDirectory, allowedRoots },
      bytes: encoder.encode(encode(recordOf(own, row))),
    };
  });
}

function textAt(column: Column, row: number): string {
  const value = cellOf(column, row) ?? "";
  if (typeof value === "string") return value;
  throw new HearthError(
    "data-invalid",
    `"${column.name}" of row ${row} is a folder's or file's name, not ${kindOf(value)}`,
  );
}

function folderOf(root: string, directory: string): string {
  return [root, directory].filter((part) => part !== "").join("/") || ".";
}

function recordOf(columns: readonly Column[], row: number): CellObject {
  const cells = columns.map((column): [string, Cell] => [String(column.name), cellOf(column, row)]);
  const record = objectFrom(cells.filter(([, cell]) => cell !== null && cell !== ""));
  return keysOf(record).length === 0 ? {} : record;
}

async function checkPlaces(rowFiles: readonly RowFile[], files: FileAccess): Promise<void> {
  const seen = new Map<string, number>();
  for (const [row, { name, place }] of rowFiles.entries()) {
    const path = await files.foresee(name, place);
    const before = seen.get(path);
    if (before !== undefined) {
      throw new HearthError(
        "data-invalid",
        `Rows ${before} and ${row} go to one file, "${place.directory}/${name}"`,
      );
    }
    seen.set(path, row);
  }
}

async function writeFile(
  { name, place, bytes }: RowFile,
  files: FileAccess,
  signal: AbortSignal,
): Promise<number> {
  const { directory = ".", baseDirectory, allowedRoots } = place;
  // The name itself may have folders in it.
  const folder = name.includes("/") ? `${directory}/${name.slice(0, name.lastIndexOf("/"))}` : directory;
  await files.makeFolder(".", { directory: folder, baseDirectory, allowedRoots });
  const target = await files.target(name, place);
  return (await writeAtomically(target, bytes, { signal })).bytes;
}

function withProgress(error: unknown, done: number, all: number): unknown {
  if (!(error instanceof HearthError) || done === 0) return error;
  const { code, message, hint, errorType } = error;
  const text = `${message}; ${done} of ${all} files were written before`;
  return new HearthError(code, text, { hint, errorType, cause: error });
}
