import { turn } from "../../turns.ts";
import { type ByteInput, decompressed } from "../bytes.ts";
import { MAX_COLUMNS, STREAM_FACTOR, tooManyCells } from "../cell-limit.ts";
import type { Column, Table, TableStream } from "../table.ts";
import type { CsvBlock } from "./block.ts";
import { createBuilder, schemaOf } from "./build-column.ts";
import type { ColumnBuilder } from "./column-builder.ts";
import { changedWhileRead, tooManyColumns } from "./faults.ts";
import { type ColumnKind, TypeInference } from "./infer-type.ts";
import type { ColumnType } from "../column-rules.ts";
import type { CsvOptions } from "./options.ts";
import { type CsvColumnName, type CsvHead, readHead, skipHead } from "./read-head.ts";
import { RecordReader } from "./read-records.ts";

/** What a reading may use. */
export interface CsvLimits {
  readonly signal: AbortSignal;
  /** Bytes that may be held; a larger file is read twice and given in batches. */
  readonly memoryLimit: number;
  /** Cells that may be held; a larger table is read twice as well, up to `STREAM_FACTOR` times as many. */
  readonly maxCells: number;
}

const KIND_OF_RULE: Readonly<Record<ColumnType, ColumnKind>> = {
  str_type: "text",
  bool_type: "boolean",
  int_type: "Int32",
  float_type: "Float64",
};

/** A column costs about this much by itself, however short: it is several objects and buffers. */
const COLUMN_BYTES = 1024;
/** Columns worked on between two looks at the clock, and milliseconds of work between two pauses. */
const COLUMNS_AT_A_TIME = 256;
const SLICE_MS = 5;

/** Cells put together between two pauses. */
const CELLS_AT_A_TIME = 500_000;

/** What the first reading found. */
interface Survey {
  readonly head: CsvHead;
  readonly kinds: readonly ColumnKind[];
  readonly rows: number;
  /** All records, when there was room for them. */
  readonly blocks: CsvBlock[] | undefined;
}

/**
 * Reads CSV, compressed or not, typed by pandas' rules (contract 4.2). What fits `memoryLimit` comes as one batch, read
 * once; else the input is read a second time while the batches are taken, of about a megabyte of file each. Both give
 * the same columns.
 *
 * Throws `data-empty`, `data-invalid` (with `ParserError` on lynguine's wire for ragged records and open quotes),
 * `encoding-invalid`, `data-too-large`, `file-changed`, `request-cancelled` and what the input throws.
 */
export async function scanCsv(
  input: ByteInput,
  options: CsvOptions,
  limits: CsvLimits,
): Promise<TableStream> {
  const source = decompressed(input);
  const survey = await surveyFile(source, options, limits);
  const { head, kinds } = survey;
  const schema = head.columns.map(({ name }, at) => schemaOf(name, kinds[at] as ColumnKind));
  const { blocks, ...known } = survey;
  if (blocks === undefined) return { schema, batches: readAgain(source, options, limits, known) };
  const table = await buildTable(source.shownName, known, blocks, limits.signal);
  return { schema, batches: oneBatch(table) };
}

async function surveyFile(source: ByteInput, options: CsvOptions, limits: CsvLimits): Promise<Survey> {
  const reader = new RecordReader(source, options, limits.memoryLimit);
  try {
    const head = await readHead(reader, source.shownName, options.header);
    if (head.width > MAX_COLUMNS || head.width * COLUMN_BYTES > limits.memoryLimit)
      throw tooManyColumns(source.shownName, head.width);
    const found = await inferTypes(reader, head, requestedKinds(head, options), limits, source);
    return { head, ...found };
  } finally {
    await reader.close();
  }
}

async function inferTypes(
  reader: RecordReader,
  head: CsvHead,
  requested: readonly (ColumnKind | undefined)[],
  limits: CsvLimits,
  { shownName, size = 0 }: ByteInput,
): Promise<Omit<Survey, "head">> {
  const inferences = requested.map((kind) => (kind === undefined ? new TypeInference() : undefined));
  let kept: CsvBlock[] | undefined = size > limits.memoryLimit ? undefined : [];
  let heldBytes = 0;
  let rows = 0;
  for (;;) {
    const block = await reader.readBlock(head.width);
    if (block === undefined) break;
    rows += block.rows;
    await forEachColumn(inferences, limits.signal, (inference, at) =>
      inference?.add(block, head.labels + at),
    );
    heldBytes += footprint(block);
    const cells = rows * head.columns.length;
    if (cells > limits.maxCells * STREAM_FACTOR) {
      throw tooManyCells(rows, head.columns.length, limits.maxCells * STREAM_FACTOR, `"${shownName}"`);
    }
    if (heldBytes > limits.memoryLimit || cells > limits.maxCells) kept = undefined;
    kept?.push(block);
    await turn(limits.signal);
  }
  const kinds = requested.map((kind, at) => kind ?? (inferences[at] as TypeInference).kind(rows));
  return { kinds, rows, blocks: kept };
}

/** Bytes that a block holds, and about as much again for the columns made of it. */
function footprint(block: CsvBlock): number {
  const { bytes, starts, ends, lines } = block;
  return bytes.length * 2 + (starts.length + ends.length) * 8 + lines.length * 4;
}

function requestedKinds(head: CsvHead, options: CsvOptions): readonly (ColumnKind | undefined)[] {
  const rules = new Map(options.dtypes.map(({ field, type }) => [field, KIND_OF_RULE[type]]));
  // A rule for `a` is one for a second column `a` too, which became `a.1`.
  return head.columns.map(({ name, written }) => rules.get(String(name)) ?? rules.get(written));
}

async function buildTable(
  file: string,
  { head, kinds, rows }: Omit<Survey, "blocks">,
  blocks: CsvBlock[],
  signal: AbortSignal,
): Promise<Table> {
  const builders = createBuilders(file, head, kinds, rows);
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    await addBlock(builders, block, head.labels, signal);
    if (blocks.length > 0) await turn(signal);
  }
  return finishTable(builders, head, rows, signal);
}

async function* readAgain(
  source: ByteInput,
  options: CsvOptions,
  limits: CsvLimits,
  { head, kinds, rows }: Omit<Survey, "blocks">,
): AsyncGenerator<Table> {
  const reader = new RecordReader(source, options, limits.memoryLimit);
  let given = 0;
  try {
    await skipHead(reader, options.header);
    for (;;) {
      const block = await reader.readBlock(head.width);
      if (block === undefined) break;
      given += block.rows;
      const builders = createBuilders(source.shownName, head, kinds, block.rows);
      await addBlock(builders, block, head.labels, limits.signal);
      yield await finishTable(builders, head, block.rows, limits.signal);
      await turn(limits.signal);
    }
  } finally {
    await reader.close();
  }
  if (given !== rows) throw changedWhileRead(source.shownName);
}

async function* oneBatch(table: Table): AsyncGenerator<Table> {
  yield table;
}

function createBuilders(
  file: string,
  head: CsvHead,
  kinds: readonly ColumnKind[],
  rows: number,
): readonly ColumnBuilder[] {
  return head.columns.map(({ name }, at) => createBuilder(kinds[at] as ColumnKind, rows, { file, name }));
}

function addBlock(
  builders: readonly ColumnBuilder[],
  block: CsvBlock,
  labels: number,
  signal: AbortSignal,
): Promise<void> {
  return forEachColumn(builders, signal, (builder, at) => builder.add(block, labels + at));
}

/** Calls `work` for each column, with pauses when there are very many. */
async function forEachColumn<T>(
  columns: readonly T[],
  signal: AbortSignal,
  work: (column: T, at: number) => void,
): Promise<void> {
  let end = performance.now() + SLICE_MS;
  for (let at = 0; at < columns.length; at += 1) {
    work(columns[at] as T, at);
    if (at % COLUMNS_AT_A_TIME !== COLUMNS_AT_A_TIME - 1 || performance.now() < end) continue;
    await turn(signal);
    end = performance.now() + SLICE_MS;
  }
}

async function finishTable(
  builders: readonly ColumnBuilder[],
  head: CsvHead,
  rows: number,
  signal: AbortSignal,
): Promise<Table> {
  const columns: Column[] = [];
  let cells = 0;
  for (const [at, builder] of builders.entries()) {
    columns.push(builder.finish((head.columns[at] as CsvColumnName).name));
    cells += rows + 1;
    if (cells < CELLS_AT_A_TIME) continue;
    cells = 0;
    await turn(signal);
  }
  return { columns, rows };
}
