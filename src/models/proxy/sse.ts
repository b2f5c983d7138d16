const NEWLINE = 10;
const DONE = new TextEncoder().encode("[DONE]");

/** Bytes at the end of a stream in which its last event is looked for. */
const KEPT_BYTES = 64;

/**
 * Lets a stream of server-sent events through, line by line: an event that was cut off reaches nobody, so that what is
 * said about the failure can be read. Knows whether the stream has come to its proper end.
 */
export class SseLines {
  #unfinished: Uint8Array | undefined;
  #tail: Uint8Array = new Uint8Array(0);

  /** The whole lines that are there now; undefined: none yet. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      this.#unfinished = join(this.#unfinished, chunk);
      return undefined;
    }
    const lines = join(this.#unfinished, end === chunk.length ? chunk : chunk.subarray(0, end));
    this.#unfinished = end === chunk.length ? undefined : chunk.slice(end);
    this.#tail =
      lines.length >= KEPT_BYTES
        ? lines.subarray(-KEPT_BYTES)
        : join(this.#tail, lines).subarray(-KEPT_BYTES);
    return lines;
  }

  /** What is left when the stream has ended well. */
  rest(): Uint8Array | undefined {
    return this.#unfinished;
  }

  /** The last event was `data: [DONE]`, as OpenAI's streams end. */
  get isDone(): boolean {
    return includes(this.#tail, DONE) || (this.#unfinished !== undefined && includes(this.#unfinished, DONE));
  }

  /** The last event has its empty line; what follows is another. */
  get isBetweenEvents(): boolean {
    const { length } = this.#tail;
    if (length === 0) return true;
    const last = this.#tail[length - 2];
    return last === NEWLINE || (last === 13 && this.#tail[length - 3] === NEWLINE);
  }
}

function join(before: Uint8Array | undefined, chunk: Uint8Array): Uint8Array {
  if (before === undefined || before.length === 0) return chunk;
  const joined = new Uint8Array(before.length + chunk.length);
  joined.set(before);
  joined.set(chunk, before.length);
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
