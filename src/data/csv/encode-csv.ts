import { turn } from "../../turns.ts";
import { ByteWriter } from "../byte-writer.ts";
import type { TableStream } from "../table.ts";
import { type CellEncoder, CsvCellWriter } from "./cell-encoder.ts";
import type { CsvDialect } from "./options.ts";

const LF = 0x0a;
/** Bytes handed out at a time. */
const CHUNK_BYTES = 1 << 16;
/** Chunks between two pauses: about a megabyte. */
const CHUNKS_AT_A_TIME = 16;

/**
 * A table as CSV, as pandas' `to_csv(index=False)` writes it (contract 7): a header, LF, quotes only where needed,
 * missing values empty, `True` and `False`, floats as Python's `repr`, lists and mappings as its `str`. Holds one batch
 * and one chunk. Throws `request-cancelled`, or the signal's reason.
 */
export async function* encodeCsv(
  table: TableStream,
  dialect: CsvDialect,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const cells = new CsvCellWriter(dialect, new ByteWriter(CHUNK_BYTES + (CHUNK_BYTES >> 1)));
  const names = table.schema.map(({ name }) => String(name));
  writeRow(cells, names.length, (at) => cells.text(names[at] as string));
  let chunks = 0;
  for await (const batch of table.batches) {
    const encoders = batch.columns.map((column) => cells.encoder(column));
    for (let row = 0; row < batch.rows;) {
      row = writeRows(cells, encoders, row, batch.rows);
      if (cells.out.length >= CHUNK_BYTES) yield cells.out.take();
      chunks += 1;
      if (chunks % CHUNKS_AT_A_TIME === 0) await turn(signal);
    }
  }
  if (cells.out.length > 0) yield cells.out.take();
}

/** Writes rows until a chunk is full; gives the first row not written. */
function writeRows(cells: CsvCellWriter, encoders: readonly CellEncoder[], from: number, to: number): number {
  const { out, delimiter } = cells;
  if (encoders.length <= 1) return writeNarrowRows(cells, encoders[0], from, to);
  let row = from;
  for (; row < to && out.length < CHUNK_BYTES; row += 1) {
    (encoders[0] as CellEncoder)(row);
    for (let at = 1; at < encoders.length; at += 1) {
      out.byte(delimiter);
      (encoders[at] as CellEncoder)(row);
    }
    out.byte(LF);
  }
  return row;
}

function writeNarrowRows(
  cells: CsvCellWriter,
  encoder: CellEncoder | undefined,
  from: number,
  to: number,
): number {
  let row = from;
  for (; row < to && cells.out.length < CHUNK_BYTES; row += 1) {
    writeRow(cells, encoder === undefined ? 0 : 1, () => encoder?.(row));
  }
  return row;
}

/** Writes one row of cells; a single empty one as quotes, as the line would be blank, which readers pass over. */
function writeRow(cells: CsvCellWriter, count: number, write: (at: number) => void): void {
  const { out, delimiter } = cells;
  const from = out.length;
  for (let at = 0; at < count; at += 1) {
    if (at > 0) out.byte(delimiter);
    write(at);
  }
  if (count === 1 && out.length === from) cells.emptyQuotes();
  out.byte(LF);
}
