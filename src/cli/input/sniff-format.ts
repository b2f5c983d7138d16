/** A format that a body can be in, as its first bytes tell. */
export type SniffedFormat = "csv" | "tsv" | "json" | "ndjson" | "excel" | "parquet" | "arrow";

/** Bytes that are enough to tell; a longer first line counts as what it has been so far. */
export const SNIFF_BYTES = 64 * 1024;

const PARQUET_MAGIC = "PAR1";
/** Of the archives only workbooks are read. */
const ZIP_MAGIC = "PK\u0003\u0004";
/** An Arrow IPC stream begins with a continuation marker, a file with its name. */
const ARROW_STREAM = [0xff, 0xff, 0xff, 0xff];
const ARROW_FILE_MAGIC = "ARROW1";
const BYTE_ORDER_MARK = 0xfeff;

/**
 * The format of data by how it begins: Parquet, Arrow and workbooks by their marks, JSON by its first brackets, else separated
 * values by whether tabs or commas stand in the first line.
 */
export function sniffFormat(head: Uint8Array): SniffedFormat {
  const mark = String.fromCharCode(...head.subarray(0, 6));
  if (mark.startsWith(PARQUET_MAGIC)) return "parquet";
  if (mark.startsWith(ZIP_MAGIC)) return "excel";
  if (mark === ARROW_FILE_MAGIC || ARROW_STREAM.every((byte, index) => head[index] === byte)) return "arrow";
  const text = new TextDecoder().decode(head.subarray(0, SNIFF_BYTES));
  const start = (text.codePointAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text).trimStart();
  if (start.startsWith("[")) return looksLikeJsonList(start) ? "json" : "csv";
  if (start.startsWith("{")) return objectFormat(start);
  const line = firstLine(start);
  return line.includes("\t") && !line.includes(",") ? "tsv" : "csv";
}

/** A CSV's first header may be "[x]": JSON goes on with a value or the end. */
function looksLikeJsonList(text: string): boolean {
  return /^\[\s*(?:[[{"\]\d-]|true|false|null|$)/.test(text);
}

/** One object a line, or one object over many lines. */
function objectFormat(text: string): SniffedFormat {
  const line = firstLine(text).trimEnd();
  const isWholeLine = line.length < text.length;
  if (!line.endsWith("}")) return isWholeLine ? "json" : "ndjson";
  const rest = text.slice(line.length).trimStart();
  return rest === "" || rest.startsWith("{") ? "ndjson" : "json";
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : text.slice(0, end);
}
