import type { Context } from "hono";
import { HearthError } from "../src/errors.ts";
import { encodeBatches, encodeRecords, estimatedBytes, writeJson } from "../src/data/json-write.ts";
import { didYouMean } from "../src/nearest.ts";
import type { ReadResult } from "../src/data/service.ts";
import type { ColumnSchema } from "../src/data/table.ts";
import type { Writer } from "../src/data/target.ts";
import { WRITERS } from "../src/data/writers/index.ts";
import type { Hearth } from "../src/hearth.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { streamAnswer } from "./stream-answer.ts";

/** The JSON around a table: what stands before its records and after its dtypes. */
export interface Envelope {
  readonly head: string;
  readonly tail: string;
}

/** A table to answer with; a result of reading, or of computing. */
export type TableResult = Pick<ReadResult, "schema" | "table" | "stream" | "memo" | "warnings">;

/**
 * Answers with a table in the format that was chosen; JSON inside `envelope` without one. What is in memory is sent with
 * its length; the rest streams.
 */
export async function answerTable(
  c: Context<HearthEnv>,
  hearth: Hearth,
  writer: Writer | undefined,
  result: TableResult,
  envelope: Envelope,
): Promise<Response> {
  if (writer === undefined) return answerJson(c, result, envelope);
  const controller = new AbortController();
  // The caller may leave before the first piece is there, and after the head was sent.
  const signal = AbortSignal.any([contextOf(c).signal, controller.signal]);
  const { spillFolder, spillBudget } = hearth;
  const context = { signal, spillFolder, spillBudget };
  const pieces = writer.encode(result.stream(), writer.options({}), context);
  const headers = { "content-type": contentTypeOf(writer), ...warningHeader(result) };
  return streamAnswer(pieces, headers, contextOf(c), () => controller.abort());
}

/**
 * The writer that `?format=` or `Accept` asks for, or undefined for JSON. To be asked before any work is begun: throws
 * `format-unknown`.
 */
export async function chosenWriter(c: Context<HearthEnv>): Promise<Writer | undefined> {
  const format = c.req.query("format");
  const type = format === undefined ? acceptedType(c.req.header("accept")) : format.toLowerCase();
  if (type === undefined || type === "json") return undefined;
  const writer = await WRITERS.get(type);
  if (writer !== undefined) return writer;
  throw new HearthError("format-unknown", `No format is named "${type.slice(0, 40)}"`, {
    hint: didYouMean(type, WRITERS.types),
  });
}

/** The type of the first media type in `Accept` that some writer has; undefined for JSON, any, or none known. */
function acceptedType(accept: string | undefined): string | undefined {
  if (accept === undefined || accept === "*/*" || accept === "application/json") return undefined;
  for (const mediaType of preferred(accept)) {
    if (mediaType === "*/*" || mediaType === "application/*") return undefined;
    const type = WRITERS.typeOfMedia(mediaType);
    if (type !== undefined) return type;
  }
  return undefined;
}

/** Media types of an `Accept` header, the most wanted first (RFC 9110, 12.5.1). */
function preferred(accept: string): string[] {
  return accept
    .split(",")
    .map((part, index) => {
      const [type = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith("q="));
      return { type, index, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index)
    .map(({ type }) => type);
}

/** Texts of ours are UTF-8, and clients take `text/` for Latin-1 where nothing says so (RFC 2046, 4.1.2). */
function contentTypeOf({ mediaType }: Writer): string {
  return mediaType.startsWith("text/") ? `${mediaType}; charset=utf-8` : mediaType;
}

function warningHeader({ warnings }: TableResult): Record<string, string> {
  if (warnings.length === 0) return {};
  return { "x-hearth-warnings": encodedWithin(2000, warnings.join("; ")) };
}

/** Percent-encoded and cut at a whole character; half a surrogate pair, which can't be encoded, becomes U+FFFD. */
function encodedWithin(length: number, text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return encoded.length <= length ? encoded : encodedWithin(length, [...text].slice(0, length / 12).join(""));
}

const JSON_HEADERS = { "content-type": "application/json" };

async function answerJson(c: Context<HearthEnv>, result: TableResult, envelope: Envelope): Promise<Response> {
  const { schema, table } = result;
  const tail = (rows: number) => `,${writeTail(schema, rows)}${writeWarnings(result)}${envelope.tail}`;
  const head = `${envelope.head}{"records":`;
  const key = head + writeWarnings(result);
  const bytes = table === undefined ? Number.POSITIVE_INFINITY : estimatedBytes(table);
  if (table !== undefined && bytes <= AT_ONCE_BYTES) {
    const make = () => joined([encoder.encode(head), encodeRecords(table), encoder.encode(tail(table.rows))]);
    return new Response(result.memo(key, make), { headers: JSON_HEADERS });
  }
  const controller = new AbortController();
  const signal = AbortSignal.any([contextOf(c).signal, controller.signal]);
  async function* pieces() {
    const stream = result.stream();
    let rows = 0;
    const counted = countedBatches(stream.batches, (count) => (rows += count));
    yield encoder.encode(head);
    yield* encodeBatches(counted, "array", signal);
    yield encoder.encode(tail(rows));
  }
  if (bytes <= KEPT_BYTES) {
    const made = await result.memo(key, async () => joined(await allOf(pieces())));
    return new Response(made, { headers: JSON_HEADERS });
  }
  return streamAnswer(pieces(), JSON_HEADERS, contextOf(c), () => controller.abort());
}

/** Answers of about this many bytes are made in one go, in a few milliseconds at most. */
const AT_ONCE_BYTES = 256 * 1024;

/** Larger ones are made in pieces, but kept for the next request; beyond this they are not even put together. */
const KEPT_BYTES = 32 * 2 ** 20;

async function allOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

const encoder = new TextEncoder();

function writeTail(schema: readonly ColumnSchema[], rows: number): string {
  const columns = writeJson(schema.map(({ name }) => name));
  const dtypes = schema.map(({ name, dtype }) => `${JSON.stringify(String(name))}:"${dtype}"`).join(",");
  return `"columns":${columns},"shape":[${rows},${schema.length}],"dtypes":{${dtypes}}}`;
}

function writeWarnings({ warnings }: TableResult): string {
  return warnings.length === 0 ? "" : `,"warnings":${JSON.stringify(warnings)}`;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function* countedBatches<T extends { readonly rows: number }>(
  batches: AsyncIterable<T>,
  count: (rows: number) => void,
) {
  for await (const batch of batches) {
    count(batch.rows);
    yield batch;
  }
}
