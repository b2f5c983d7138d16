import { HearthError } from "../errors.ts";
import type { ByteInput } from "./bytes.ts";
import { inTurns, type Steps } from "../turns.ts";
import { checkCells } from "./cell-limit.ts";
import { countCell, emptyTally, type CellTally } from "./infer-column.ts";
import { fileOrigin, parseLineSteps } from "./json-parse.ts";
import { isCellObject } from "./json-keys.ts";
import { kindOf, RecordCollector } from "./records.ts";
import type { Cell } from "./table.ts";

/** The cells of some lines, by column; each list is as long as there are rows. */
export interface LineBatch {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, (Cell | undefined)[]>;
}

/** Whole lines of an ndjson file. */
interface Lines {
  readonly bytes: Uint8Array;
  /** Number of the first one. */
  readonly firstLine: number;
}

/**
 * Reads an ndjson input batch by batch, a batch for each chunk of bytes. Throws `data-invalid` with the line for what
 * is not JSON or not an object, `data-too-large` for a line longer than `limitBytes` and beyond `maxCells`.
 */
export async function* readLineBatches(
  input: ByteInput,
  limit: { readonly bytes: number; readonly maxCells: number; readonly signal: AbortSignal },
): AsyncGenerator<LineBatch> {
  for await (const lines of splitLines(input, limit.bytes)) {
    yield await inTurns(batchSteps(lines, input.shownName, limit.maxCells), limit.signal);
  }
}

function* batchSteps({ bytes, firstLine }: Lines, shownName: string, maxCells: number): Steps<LineBatch> {
  const collector = new RecordCollector({ maxCells, shownName: `"${shownName}"` });
  yield* parseLineSteps(bytes, fileOrigin(shownName, firstLine), maxCells, (value, line) => {
    if (isCellObject(value)) collector.add(value);
    else {
      const reason = `line ${line}: expected an object, found ${kindOf(value)}`;
      throw new HearthError("data-invalid", `"${shownName}" is no table: ${reason}`);
    }
  });
  return { rows: collector.rows, columns: collector.finish() };
}

async function* splitLines(input: ByteInput, limitBytes: number): AsyncGenerator<Lines> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let firstLine = 1;
  for await (const chunk of input.open()) {
    const end = chunk.lastIndexOf(0x0a) + 1;
    if (end > 0) {
      const bytes = joined([...rest, chunk.subarray(0, end)]);
      yield { bytes, firstLine };
      firstLine += countNewlines(bytes);
      rest = [];
      restBytes = 0;
    }
    if (end === chunk.length) continue;
    rest.push(chunk.subarray(end));
    restBytes += chunk.length - end;
    if (restBytes > limitBytes) throw longLine(input.shownName, firstLine, limitBytes);
  }
  if (restBytes > 0) yield { bytes: joined(rest), firstLine };
}

function longLine(shownName: string, line: number, limitBytes: number): HearthError {
  const size = `${Math.floor(limitBytes / 2 ** 20)} MiB`;
  return new HearthError("data-too-large", `"${shownName}": line ${line} is longer than ${size}`, {
    hint: "An ndjson file has one record a line.",
  });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

/** What the columns of an input are like, counted batch by batch. */
export class ColumnTallies {
  /** By name, in order of appearance. */
  readonly byName = new Map<string, CellTally>();
  rows = 0;

  /** Counts a batch, in steps. */
  *addSteps(batch: LineBatch): Steps<void> {
    let counted = 0;
    for (const [name, cells] of batch.columns) {
      let tally = this.byName.get(name);
      if (tally === undefined) this.byName.set(name, (tally = emptyTally()));
      for (const cell of cells) countCell(tally, cell);
      counted += cells.length + 16;
      if (counted < 16_384) continue;
      counted = 0;
      yield;
    }
    this.rows += batch.rows;
  }

  /** Throws `data-too-large` beyond the limit. */
  checkSize(maxCells: number, shownName: string): void {
    checkCells(this.rows, this.byName.size, maxCells, `"${shownName}"`);
  }

  /** Counts the rows that lay outside a column's batches: there the key is absent. */
  finish(): void {
    for (const tally of this.byName.values()) {
      tally.absent += this.rows - tally.cells;
      tally.cells = this.rows;
    }
  }
}
