const NEWLINE = 10;
const DONE = new TextEncoder().encode("[DONE]");

/** Bytes at the end of a stream in which its last event is looked for. */
const KEPT_BYTES = 64;

/** Bytes of a line that are held back until it is whole. A longer one is passed on as it comes. */
const LINE_BYTES = 8 << 20;

/**
 * Lets a stream of server-sent events through, line by line: an event that was cut off reaches nobody, so that what is
 * said about the failure can be read. Knows whether the stream has come to its proper end. Takes bounded memory, and time
 * in proportion to the bytes.
 */
export class SseLines {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #tail: Uint8Array = new Uint8Array(0);

  /** The whole lines that are there now; undefined: none yet. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      return this.#heldBytes > LINE_BYTES ? this.#let([]) : undefined;
    }
    const lines = this.#let([end === chunk.length ? chunk : chunk.subarray(0, end)]);
    if (end < chunk.length) {
      this.#held = [chunk.slice(end)];
      this.#heldBytes = chunk.length - end;
    }
    return lines;
  }

  /** What is held back, and what follows it, goes on. */
  #let(chunks: readonly Uint8Array[]): Uint8Array {
    const out = join([...this.#held, ...chunks]);
    this.#held = [];
    this.#heldBytes = 0;
    this.#tail = join([this.#tail, out.subarray(-KEPT_BYTES)]).slice(-KEPT_BYTES);
    return out;
  }

  /** What is left when the stream has ended well. */
  rest(): Uint8Array | undefined {
    return this.#heldBytes === 0 ? undefined : join(this.#held);
  }

  /** The last event was `data: [DONE]`, as OpenAI's streams end. */
  get isDone(): boolean {
    return includes(join([this.#tail, join(this.#held).subarray(-KEPT_BYTES)]), DONE);
  }

  /** The last event has its empty line; what follows is another. */
  get isBetweenEvents(): boolean {
    const { length } = this.#tail;
    if (length === 0) return true;
    const last = this.#tail[length - 2];
    return last === NEWLINE || (last === 13 && this.#tail[length - 3] === NEWLINE);
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const joined = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function includes(bytes: Uint8Array, wanted: Uint8Array): boolean {
  for (let i = bytes.length - wanted.length; i >= 0; i -= 1) {
    if (wanted.every((byte, j) => bytes[i + j] === byte)) return true;
  }
  return false;
}

/** An event with JSON in it. */
export function sseEvent(data: unknown): Uint8Array {
  return new TextEncoder().encode(`data: ${JSON.stringify(data)}\n\n`);
}

/** A comment, which every client passes over. */
export function sseComment(text: string): Uint8Array {
  return new TextEncoder().encode(`: ${text}\n\n`);
}
