import { HearthError } from "../errors.ts";

/**
 * One message on a pipe: a JSON head and raw parts behind it. On the pipe stand the length of all that follows and that
 * of the head (two 32-bit numbers, little-endian), the head, and the parts; head and parts are filled up to a multiple of
 * 8 bytes, so that typed arrays can lie on a part without a copy.
 */
export interface Frame {
  readonly head: unknown;
  readonly parts: readonly Uint8Array[];
}

interface Envelope {
  readonly head: unknown;
  /** Bytes of each part. */
  readonly lengths: readonly number[];
}

const PREFIX_BYTES = 8;
/** Tables come in pieces of some MiB, so only a single row can be larger: it would hold up the server while it comes. */
const MAX_BYTES = 256 << 20;
const NOTHING = new Uint8Array(8);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A message as chunks to be written one behind the other; parts are passed on, not copied. */
export function encodeFrame({ head, parts }: Frame): Uint8Array[] {
  const envelope: Envelope = { head, lengths: parts.map(({ byteLength }) => byteLength) };
  const text = encoder.encode(JSON.stringify(envelope));
  const size = parts.reduce((sum, { byteLength }) => sum + padded(byteLength), padded(text.length));
  if (size > MAX_BYTES) {
    throw new HearthError("data-too-large", `A single row takes more than ${MAX_BYTES / 2 ** 20} MiB`, {
      hint: "Select fewer columns, or parts of the values.",
    });
  }
  const start = new Uint8Array(PREFIX_BYTES + padded(text.length));
  const view = new DataView(start.buffer);
  view.setUint32(0, size, true);
  view.setUint32(4, text.length, true);
  start.set(text, PREFIX_BYTES);
  return [start, ...parts.flatMap(withPadding)];
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function withPadding(part: Uint8Array): Uint8Array[] {
  const gap = padded(part.byteLength) - part.byteLength;
  return gap === 0 ? [part] : [part, NOTHING.subarray(0, gap)];
}

/** Puts messages together from the chunks of a pipe, however they were cut. */
export class FrameReader {
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #body: Uint8Array | undefined;
  #filled = 0;

  /** Gives the messages that are complete with this chunk. */
  *push(chunk: Uint8Array): Generator<Frame> {
    let at = 0;
    while (at < chunk.length) {
      const target = this.#body ?? this.#prefix;
      const taken = Math.min(target.length - this.#filled, chunk.length - at);
      target.set(chunk.subarray(at, at + taken), this.#filled);
      at += taken;
      this.#filled += taken;
      if (this.#filled < target.length) return;
      this.#filled = 0;
      if (this.#body === undefined) this.#body = new Uint8Array(this.#bodySize());
      else {
        const body = this.#body;
        this.#body = undefined;
        yield decodeBody(body, this.#lengths().head);
      }
    }
  }

  #bodySize(): number {
    const { size } = this.#lengths();
    if (size > MAX_BYTES) throw new Error("What stands on the pipe is no message");
    return size;
  }

  #lengths(): { readonly size: number; readonly head: number } {
    const view = new DataView(this.#prefix.buffer);
    return { size: view.getUint32(0, true), head: view.getUint32(4, true) };
  }
}

function decodeBody(body: Uint8Array, headLength: number): Frame {
  const envelope = JSON.parse(decoder.decode(body.subarray(0, headLength))) as Envelope;
  let at = padded(headLength);
  const parts = envelope.lengths.map((length) => {
    const part = body.subarray(at, at + length);
    at += padded(length);
    return part;
  });
  return { head: envelope.head, parts };
}
