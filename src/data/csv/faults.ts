import { HearthError } from "../../errors.ts";
import { MAX_COLUMNS } from "../cell-limit.ts";

/** What a file starts with when it is something else than text; only the commonest. */
const SIGNATURES: readonly (readonly [string, readonly number[]])[] = [
  ["a Parquet file", [0x50, 0x41, 0x52, 0x31]],
  ["a zip archive or an Excel workbook", [0x50, 0x4b, 0x03, 0x04]],
  ["an old Excel workbook", [0xd0, 0xcf, 0x11, 0xe0]],
  ["a bzip2 archive", [0x42, 0x5a, 0x68]],
  ["an xz archive", [0xfd, 0x37, 0x7a, 0x58]],
  ["a PDF document", [0x25, 0x50, 0x44, 0x46]],
  ["an SQLite database", [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
  ["an Arrow file", [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]],
  ["UTF-16 text", [0xff, 0xfe]],
  ["UTF-16 text", [0xfe, 0xff]],
];

/** No header and no record: `data-empty`. */
export function emptyFile(file: string): HearthError {
  return new HearthError("data-empty", `"${file}" holds no data`, {
    hint: "A CSV file needs at least a header line.",
  });
}

/** The header lies behind the end: `data-invalid`. */
export function headerBehindEnd(file: string, header: number, records: number): HearthError {
  const lines = records === 1 ? "1 line" : `${records} lines`;
  return parserError(`"${file}" has only ${lines}, so header ${header} is behind its end`, {
    hint: "header counts lines from 0, without blank ones.",
  });
}

/** A record with more cells than those before: `data-invalid`. */
export function tooManyCells(file: string, line: number, expected: number, found: number): HearthError {
  const fields = expected === 1 ? "1 field" : `${expected} fields`;
  return parserError(`"${file}": expected ${fields} in line ${line}, found ${found}`, {
    hint: "Quote fields that contain the delimiter, or name another delimiter.",
  });
}

/** The file ends inside quotes: `data-invalid`. */
export function openQuote(file: string, line: number, quote: string): HearthError {
  return parserError(`"${file}": the quote that opens in line ${line} is never closed`, {
    hint: `Close it, write it twice if it belongs to the text, or name another quotechar than ${quote}`,
  });
}

/** One record alone passes the limit: `data-too-large`. */
export function recordTooLarge(file: string, line: number, limitBytes: number): HearthError {
  const message = `"${file}": the record that begins in line ${line} is larger than ${limitBytes} bytes`;
  return new HearthError("data-too-large", message, {
    hint: "Look for a quote that is not closed or a missing line end.",
  });
}

/** More columns than memory should hold, or any table may have: `data-too-large`. */
export function tooManyColumns(file: string, columns: number): HearthError {
  if (columns > MAX_COLUMNS) {
    return new HearthError("data-too-large", `"${file}" has more than ${MAX_COLUMNS} columns`, {
      hint: "Look for a missing line end, or write the names as values of one column.",
    });
  }
  return new HearthError("data-too-large", `"${file}" has ${columns} columns, more than fit into memory`, {
    hint: "Look for a missing line end, or raise cacheLimit.",
  });
}

/** Bytes that are not UTF-8: `encoding-invalid`. */
export function notUtf8(
  file: string,
  found: { readonly byte: number; readonly position: number; readonly line: number },
  head: Uint8Array,
): HearthError {
  const byte = `0x${found.byte.toString(16).toUpperCase().padStart(2, "0")}`;
  const message = `"${file}" is not UTF-8 text: byte ${byte} at position ${found.position}, line ${found.line}`;
  const kind = SIGNATURES.find(([, bytes]) => bytes.every((value, at) => head[at] === value))?.[0];
  const hint =
    kind === undefined
      ? "Save it as UTF-8, for example with: iconv -f LATIN1 -t UTF-8 OLD > NEW"
      : `It looks like ${kind}.`;
  return new HearthError("encoding-invalid", message, { hint });
}

/** A cell that does not fit the type the caller asked for: `data-invalid`. */
export function cellMisfit(
  place: { readonly file: string; readonly line: number; readonly column: string | number },
  cell: string,
  expected: string,
): HearthError {
  const shown = cell.length > 60 ? `${cell.slice(0, 60)}...` : cell;
  const message = `"${place.file}": line ${place.line}, column "${place.column}": ${JSON.stringify(shown)} is not ${expected}`;
  return new HearthError("data-invalid", message, {
    hint: "Correct the cell, or give the column another type in dtypes.",
  });
}

/** The second reading found something else than the first: `file-changed`. */
export function changedWhileRead(file: string): HearthError {
  return new HearthError("file-changed", `"${file}" changed while it was read`, { hint: "Read it again." });
}

function parserError(message: string, options: { readonly hint: string }): HearthError {
  return new HearthError("data-invalid", message, { ...options, errorType: "ParserError" });
}
