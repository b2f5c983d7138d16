import type { FileStamp } from "../../access/files.ts";
import { HearthError } from "../../errors.ts";
import { inTurns, type Steps } from "../../turns.ts";
import { decompressed, fileInput, type ByteInput } from "../bytes.ts";
import { streamOf } from "../columns.ts";
import { detachSteps } from "../detach.ts";
import { STREAM_FACTOR } from "../cell-limit.ts";
import { columnSteps, dtypeOf } from "../infer-column.ts";
import { ColumnTallies, readLineBatches, type LineBatch } from "../ndjson-lines.ts";
import { openSource } from "../open-source.ts";
import { sameStamp } from "../same-stamp.ts";
import type { DataSource, Reader, ReadContext } from "../source.ts";
import { CELLS_PER_STEP } from "../records.ts";
import type { Cell, Column, Table, TableStream } from "../table.ts";

/** The values of parsed records take about this many times the bytes of their text. */
const MEMORY_FACTOR = 4;

/**
 * One JSON object a line. Typed as lynguine types a JSON file of the same records. What does not fit into memory is read
 * twice: once for the types, once for the rows. Throws `data-invalid` with the line.
 */
export const ndjsonReader: Reader = {
  type: "ndjson",
  extensions: [".ndjson", ".jsonl"],
  mediaTypes: ["application/x-ndjson", "application/jsonl", "application/ndjson"],
  parameters: [],
  options: () => ({}),
  read: readNdjson,
};

async function readNdjson(source: DataSource, context: ReadContext): Promise<TableStream> {
  const file = await openSource(source, context);
  try {
    const pass = await firstPass(decompressed(fileInput(file)), context);
    if (pass.batches !== undefined) {
      return streamOf(await inTurns(wholeTable(pass.batches, pass.tallies), context.signal));
    }
    const schema = [...pass.tallies.byName].map(([name, tally]) => ({ name, dtype: dtypeOf(tally) }));
    return { schema, batches: secondPass(source, context, pass.tallies, file.stamp) };
  } finally {
    file.close();
  }
}

interface FirstPass {
  readonly tallies: ColumnTallies;
  /** What was read, when all of it fits into memory. */
  readonly batches: readonly LineBatch[] | undefined;
}

async function firstPass(input: ByteInput, context: ReadContext): Promise<FirstPass> {
  const limit = { bytes: context.memoryLimit, maxCells: context.maxCells, signal: context.signal };
  const tallies = new ColumnTallies();
  let bytes = 0;
  let batches: LineBatch[] | undefined = [];
  const counted: ByteInput = { ...input, open: () => countBytes(input.open(), (count) => (bytes += count)) };
  for await (const batch of readLineBatches(counted, limit)) {
    await inTurns(tallies.addSteps(batch), context.signal);
    // Columns that only few records have fill up with gaps: counted before room is made for them.
    const cells = tallies.rows * tallies.byName.size;
    if (bytes * MEMORY_FACTOR > context.memoryLimit || cells > context.maxCells) batches = undefined;
    tallies.checkSize(context.maxCells * STREAM_FACTOR, input.shownName);
    batches?.push(batch);
  }
  tallies.finish();
  return { tallies, batches };
}

async function* countBytes(
  chunks: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}

function* wholeTable(batches: readonly LineBatch[], tallies: ColumnTallies): Steps<Table> {
  const columns: Column[] = [];
  let made = 0;
  for (const [name, tally] of tallies.byName) {
    const cells: (Cell | undefined)[] = [];
    for (const batch of batches) {
      for (const cell of cellsOf(batch, name)) cells.push(cell);
      if (batch.rows >= CELLS_PER_STEP) yield;
    }
    columns.push(yield* columnSteps(name, cells, tally));
    made += cells.length + 16;
    if (made < CELLS_PER_STEP) continue;
    made = 0;
    yield;
  }
  return yield* detachSteps({ rows: tallies.rows, columns });
}

function cellsOf(batch: LineBatch, name: string): (Cell | undefined)[] {
  return batch.columns.get(name) ?? Array.from({ length: batch.rows }, () => undefined);
}

/** Opens the file again, so that a stream which nobody takes holds none open. */
async function* secondPass(
  source: DataSource,
  context: ReadContext,
  tallies: ColumnTallies,
  stamp: FileStamp,
): AsyncGenerator<Table> {
  const file = await openSource(source, context);
  try {
    if (!sameStamp(stamp, file.stamp)) throw changed(file.shownPath);
    const limit = { bytes: context.memoryLimit, maxCells: context.maxCells, signal: context.signal };
    for await (const batch of readLineBatches(decompressed(fileInput(file)), limit)) {
      yield await inTurns(typedBatch(batch, tallies, file.shownPath), context.signal);
    }
  } finally {
    file.close();
  }
}

function* typedBatch(batch: LineBatch, tallies: ColumnTallies, shownPath: string): Steps<Table> {
  const own = new ColumnTallies();
  yield* own.addSteps(batch);
  // A file may be written to between the passes; what the first one did not see cannot be typed.
  for (const [name, tally] of own.byName) {
    const all = tallies.byName.get(name);
    if (all === undefined || !covers(all, tally)) throw changed(shownPath);
  }
  const columns: Column[] = [];
  for (const [name, tally] of tallies.byName) {
    columns.push(yield* columnSteps(name, cellsOf(batch, name), tally));
    if (columns.length % 64 === 0) yield;
  }
  return { rows: batch.rows, columns };
}

const COUNTS = [
  "nulls",
  "absent",
  "booleans",
  "integers",
  "floats",
  "texts",
  "others",
  "bigIntegers",
] as const;

function covers(
  all: Record<(typeof COUNTS)[number], number>,
  part: Record<(typeof COUNTS)[number], number>,
): boolean {
  return COUNTS.every((kind) => part[kind] <= all[kind]);
}

function changed(shownPath: string): HearthError {
  return new HearthError("file-changed", `"${shownPath}" changed while it was read`, { hint: "Try again." });
}
