import type { Context } from "hono";
import { HearthError } from "../src/errors.ts";
import { encodeBatches, encodeRecords, writeJson } from "../src/data/json-write.ts";
import { didYouMean } from "../src/data/nearest.ts";
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
  const pieces = writer.encode(result.stream(), writer.options({}), {
    signal: controller.signal,
    spillFolder: hearth.spillFolder,
  });
  const headers = { "content-type": writer.mediaType, ...warningHeader(result) };
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
  if (table !== undefined) {
    const make = () => joined(head, encodeRecords(table), tail(table.rows));
    return new Response(result.memo(head + writeWarnings(result), make), { headers: JSON_HEADERS });
  }
  const stream = result.stream();
  let rows = 0;
  const counted = countedBatches(stream.batches, (count) => (rows += count));
  async function* pieces() {
    yield encoder.encode(head);
    yield* encodeBatches(counted, "array");
    yield encoder.encode(tail(rows));
  }
  return streamAnswer(pieces(), JSON_HEADERS, contextOf(c), () => {});
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

function joined(head: string, body: Uint8Array, tail: string): Uint8Array<ArrayBuffer> {
  const first = encoder.encode(head);
  const last = encoder.encode(tail);
  const whole = new Uint8Array(first.length + body.length + last.length);
  whole.set(first);
  whole.set(body, first.length);
  whole.set(last, first.length + body.length);
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
