import { sizeOf, sliceRows } from "../data/columns.ts";
import type { ColumnSchema, Table, TableStream } from "../data/table.ts";
import { HearthError, isFaultCode } from "../errors.ts";
import { encodeFrame, type Frame, FrameReader } from "./frame.ts";
import { packTable, type PackedTable, unpackTable } from "./packed-table.ts";

/** What is asked or answered: a plain JSON value, and a table or bytes where there are any. */
export interface Message {
  readonly value?: unknown;
  readonly table?: Table | undefined;
  readonly bytes?: Uint8Array | undefined;
}

/** Answers one kind of question of the other end. What it throws reaches the asker as the same `HearthError`. */
export type Handler = (
  value: never,
  bytes: Uint8Array | undefined,
) => Promise<Message | void> | Message | void;

/** Writes chunks to the pipe in one go; settles when the pipe takes more. */
export type WriteChunks = (chunks: readonly Uint8Array[]) => Promise<void>;

interface Question {
  readonly is: "question";
  readonly id: number;
  readonly name: string;
  readonly value?: unknown;
}
type Head =
  | Question
  | { readonly is: "answer"; readonly id: number; readonly value?: unknown }
  | { readonly is: "failure"; readonly id: number; readonly error: SentError };
type SentHead = Head & {
  readonly table?: PackedTable;
  /** The last part is no table's. */
  readonly hasBytes?: boolean;
};

interface SentError {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly errorType?: string;
  readonly cause?: string;
}

interface Pending {
  resolve(message: Message): void;
  reject(error: unknown): void;
}

/** A table goes over the pipe in pieces of about this size. */
const PIECE_BYTES = 4 << 20;

/**
 * Questions and answers between two processes, each with any number under way, and streams of tables that the other end
 * pulls piece by piece, so that neither end sends what the other has no room for.
 */
export class Channel {
  readonly #write: WriteChunks;
  readonly #handlers: Readonly<Record<string, Handler>>;
  readonly #reader = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  readonly #published = new Map<number, AsyncIterator<Table>>();
  #lastId = 0;
  #closed: unknown;
  #hasHeard = false;

  constructor(write: WriteChunks, handlers: Readonly<Record<string, Handler>>) {
    this.#write = write;
    this.#handlers = {
      ...handlers,
      next: async (stream: number) => ({ table: await this.#next(stream) }),
      return: (stream: number) => this.withdraw(stream),
    };
  }

  /** True when the other end has said something that made sense. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** Asks the other end. Throws what its handler threw, and the reason of `close`. */
  ask(name: string, value?: unknown, bytes?: Uint8Array): Promise<Message> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed as Error);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ is: "question", id, name, value }, { bytes }).catch(reject);
    });
  }

  /** Takes what came over the pipe. */
  receive(chunk: Uint8Array): void {
    for (const frame of this.#reader.push(chunk)) this.#take(frame);
  }

  /** Fails all that will be asked, and all that is under way, with the reason of the first call. */
  close(reason: Error, underWay = reason): void {
    for (const { reject } of this.#pending.values()) reject(this.#closed ?? underWay);
    this.#closed ??= reason;
    this.#pending.clear();
    for (const stream of this.#published.keys()) void this.withdraw(stream);
  }

  /** Lets the other end read a stream by this number, once, in pieces of about this size. */
  publish(stream: AsyncIterable<Table>, pieceBytes = PIECE_BYTES): number {
    this.#lastId += 1;
    this.#published.set(this.#lastId, inPieces(stream, pieceBytes)[Symbol.asyncIterator]());
    return this.#lastId;
  }

  /** Breaks off a published stream; a no-op when it is at its end. */
  async withdraw(stream: number): Promise<void> {
    const iterator = this.#published.get(stream);
    this.#published.delete(stream);
    // Whoever published it has its failures.
    await iterator?.return?.().catch(() => {});
  }

  /** A stream that the other end published; `first` is a piece of it that came already. */
  remote(stream: number, schema: readonly ColumnSchema[], first?: Table): TableStream {
    return { schema, batches: this.#pull(stream, first) };
  }

  async *#pull(stream: number, first: Table | undefined): AsyncGenerator<Table> {
    let isOver = false;
    try {
      if (first !== undefined) yield first;
      for (;;) {
        const { table } = await this.ask("next", stream);
        if (table === undefined) break;
        yield table;
      }
      isOver = true;
    } finally {
      if (!isOver) await this.ask("return", stream).catch(() => {});
    }
  }

  async #next(stream: number): Promise<Table | undefined> {
    const iterator = this.#published.get(stream);
    if (iterator === undefined) throw new Error("The stream was withdrawn");
    try {
      const step = await iterator.next();
      if (step.done !== true) return step.value;
    } catch (error) {
      this.#published.delete(stream);
      throw error;
    }
    this.#published.delete(stream);
    return undefined;
  }

  #take({ head, parts }: Frame): void {
    const message = head as SentHead;
    this.#hasHeard = true;
    if (message.is === "question") {
      void this.#answer(message, message.hasBytes === true ? parts.at(-1) : undefined);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.is === "failure") return pending?.reject(receivedError(message.error));
    try {
      pending?.resolve({
        value: message.value,
        table: message.table && unpackTable(message.table, parts),
        bytes: message.hasBytes === true ? parts.at(-1) : undefined,
      });
    } catch (error) {
      // A table that can't be taken in concerns who asked for it, and nobody else.
      pending?.reject(error);
    }
  }

  async #answer({ id, name, value }: Question, bytes: Uint8Array | undefined): Promise<void> {
    try {
      const handler = this.#handlers[name];
      if (handler === undefined) throw new Error(`The other end asked for "${name}", which is not there`);
      const answer = (await handler(value as never, bytes)) ?? {};
      await this.#send({ is: "answer", id, value: answer.value }, answer);
    } catch (error) {
      // The pipe may be gone, and with it whoever asked.
      await this.#send({ is: "failure", id, error: sentError(error) }).catch(() => {});
    }
  }

  async #send(head: Head, { table, bytes }: Omit<Message, "value"> = {}): Promise<void> {
    const packed = table && packTable(table);
    const parts = [...(packed?.parts ?? []), ...(bytes === undefined ? [] : [bytes])];
    const sent: SentHead = {
      ...head,
      ...(packed && { table: packed.layout }),
      hasBytes: bytes !== undefined,
    };
    return this.#write(encodeFrame({ head: sent, parts }));
  }
}

async function* inPieces(batches: AsyncIterable<Table>, pieceBytes: number): AsyncGenerator<Table> {
  for await (const batch of batches) yield* pieces(batch, pieceBytes);
}

/** One table cut to pieces of about this size, by default some MB. */
export function* pieces(table: Table, pieceBytes = PIECE_BYTES): Generator<Table> {
  const size = sizeOf(table);
  if (size <= pieceBytes || table.rows <= 1) return yield table;
  const rows = Math.max(1, Math.floor((table.rows * pieceBytes) / size));
  for (let from = 0; from < table.rows; from += rows)
    yield sliceRows(table, from, Math.min(table.rows, from + rows));
}

function sentError(error: unknown): SentError {
  if (!(error instanceof HearthError)) return { message: textOf(error) };
  const { code, message, hint, errorType, cause } = error;
  const sent = { code, message, hint, errorType };
  return cause === undefined ? sent : { ...sent, cause: textOf(cause) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function receivedError({ code, message, hint, errorType, cause }: SentError): Error {
  if (!isFaultCode(code)) return new Error(`The other process failed: ${message}`);
  return new HearthError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(errorType === undefined ? {} : { errorType }),
    ...(cause === undefined ? {} : { cause }),
  });
}
