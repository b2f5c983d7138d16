import { printData, say } from "../print.ts";
import { createPainter, hasColor, isTerminal, terminalWidth } from "../terminal.ts";
import type { OutputFormat } from "./choose-format.ts";
import { jsonArray } from "./json-array.ts";
import { limitLines } from "./limit-lines.ts";

/** Rows that a table shows when nothing else is said. */
export const TABLE_ROWS = 40;

export interface EmitOptions {
  readonly format: OutputFormat;
  /** A file, or undefined for stdout. */
  readonly output: string | undefined;
  /** At most so many rows; undefined: all, and 40 in a table. */
  readonly limit: number | undefined;
  readonly all: boolean;
  readonly quiet: boolean;
  /** Asks for the names of the columns; called for a table that has no row to tell them. */
  readonly columns?: (() => Promise<readonly string[]>) | undefined;
}

/** The wire's format that a shown format is made of. */
export function wireFormat(format: OutputFormat): Exclude<OutputFormat, "table" | "json"> {
  return format === "table" || format === "json" ? "ndjson" : format;
}

/** Writes a table's bytes, as they arrived in `wireFormat`, where and how the user wants them. */
export async function emitTable(stream: ReadableStream<Uint8Array>, options: EmitOptions): Promise<void> {
  if (options.output !== undefined) return await emitToFile(stream, options.output, options);
  if (options.format === "table") return await emitForPerson(stream, options);
  for await (const piece of shaped(stream, options)) printData(piece);
}

function shaped(
  stream: AsyncIterable<Uint8Array>,
  { format, limit }: EmitOptions,
): AsyncIterable<Uint8Array> {
  if (wireFormat(format) !== "ndjson") return stream;
  const lines = limit === undefined ? stream : limitLines(stream, limit);
  return format === "json" ? jsonArray(lines) : lines;
}

async function emitToFile(
  stream: ReadableStream<Uint8Array>,
  output: string,
  options: EmitOptions,
): Promise<void> {
  const [{ openFileSink }, { createProgress }] = await Promise.all([
    import("./file-sink.ts"),
    import("./progress.ts"),
  ]);
  const progress = await createProgress(`Writing ${output}`, options.quiet);
  const sink = openFileSink(output);
  const pieces = options.format === "table" ? tableText(stream, options) : shaped(stream, options);
  try {
    for await (const piece of await packed(output, pieces)) {
      sink.write(piece);
      progress.add(piece.length);
    }
    sink.commit();
  } catch (error) {
    sink.discard();
    throw error;
  } finally {
    progress.end();
  }
}

/** Packed where the file's name says so. */
async function packed(output: string, pieces: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  if (!/\.(?:gz|zst)$/i.test(output)) return pieces;
  return (await import("../../data/pack.ts")).packedFor(output, pieces);
}

async function* tableText(
  stream: AsyncIterable<Uint8Array>,
  options: EmitOptions,
): AsyncGenerator<Uint8Array> {
  const { tableOfLines } = await import("./table-of-lines.ts");
  const layout = { width: Number.POSITIVE_INFINITY, paint: createPainter(false) };
  const { text } = await tableOfLines(stream, rowLimit(options), layout, options.columns);
  yield new TextEncoder().encode(text);
}

async function emitForPerson(stream: AsyncIterable<Uint8Array>, options: EmitOptions): Promise<void> {
  const { tableOfLines } = await import("./table-of-lines.ts");
  const width = (await isTerminal(1)) ? terminalWidth() : Number.POSITIVE_INFINITY;
  const layout = { width, paint: createPainter(await hasColor(1)) };
  const table = await tableOfLines(stream, rowLimit(options), layout, options.columns);
  printData(table.text);
  if (!options.quiet) say(countLine(table.shownRows, table.rows));
}

function rowLimit({ limit, all }: EmitOptions): number {
  return limit ?? (all ? Number.POSITIVE_INFINITY : TABLE_ROWS);
}

function countLine(shown: number, rows: number): string {
  const count = `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`;
  return shown === rows ? count : `${shown} of ${count}; --all shows all`;
}
