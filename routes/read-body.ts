import { HearthError } from "../src/errors.ts";
import { checkPace } from "./body-pace.ts";
import { type BodyRoom, FREE_BYTES } from "./body-room.ts";

/** Bounds on receiving a body. */
export interface BodyLimits {
  /** Bytes that one body may have. */
  readonly limitBytes: number;
  /**
   * Milliseconds without a single byte after which the body counts as given up; a body that trickles is given up too.
   * 0: it may pause and trickle for any time.
   */
  readonly stallMs: number;
  /** Name of the setting that `limitBytes` comes from, for the message. */
  readonly setting: "bodyLimit" | "uploadLimit";
  /** The clock in milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

function tooLarge(limits: BodyLimits): HearthError {
  return new HearthError(
    "body-too-large",
    `The body is larger than ${limits.limitBytes} bytes (${limits.setting})`,
    {
      hint: `Raise ${limits.setting}, or send a table by POST /api/write_data?output=FILE, which streams to disk.`,
    },
  );
}

/** Refuses by `content-length` before a byte is read, and bodies in an encoding that is not undone here. */
function checkHead(request: Request, limits: BodyLimits): void {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > limits.limitBytes) throw tooLarge(limits);
  const encoding = request.headers.get("content-encoding");
  if (encoding === null || encoding === "" || encoding.toLowerCase() === "identity") return;
  throw new HearthError(
    "media-type-unsupported",
    `Bodies with content-encoding ${encoding.slice(0, 40)} are not read`,
    {
      hint: "Send the body uncompressed, or a .gz file by name.",
    },
  );
}

/**
 * The body in pieces, within its limits. Throws `body-too-large`, `body-timeout`, `media-type-unsupported`, and
 * `request-cancelled` when the connection breaks.
 */
export async function* streamBody(request: Request, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  checkHead(request, limits);
  if (request.body === null) return;
  const reader = request.body.getReader();
  const now = limits.now ?? (() => performance.now());
  let received = 0;
  let waitedMs = 0;
  try {
    for (;;) {
      const startMs = now();
      const { done, value } = await withinStall(reader.read(), limits);
      if (done) return;
      received += value.length;
      waitedMs += now() - startMs;
      if (limits.stallMs > 0) checkPace(waitedMs, received);
      if (received > limits.limitBytes) throw tooLarge(limits);
      yield value;
    }
  } finally {
    // A body that is neither read nor cancelled would hold its connection.
    reader.cancel().catch(() => undefined);
  }
}

/** Bytes made room for where a body does not tell its length. */
const SMALL_BYTES = 1 << 16;

/**
 * The whole body; throws as `streamBody` does. Up to `FREE_BYTES` it is taken in one call, under one stall timer; a larger
 * one comes in timed pieces, once there is room for it: also throws `too-busy`.
 */
export async function readBody(request: Request, limits: BodyLimits, room: BodyRoom): Promise<Uint8Array> {
  const header = request.headers.get("content-length");
  const length = header === null ? undefined : Number(header);
  if (length !== undefined && length <= Math.min(FREE_BYTES, limits.limitBytes)) {
    checkHead(request, limits);
    // The server cuts a body at its content-length, so one call reads it within the limit.
    return new Uint8Array(await withinStall(request.arrayBuffer(), limits));
  }
  checkHead(request, limits);
  if (length !== undefined) await room.hold(length);
  // Pages that nothing was written to take no memory.
  let whole = new Uint8Array(length ?? SMALL_BYTES);
  let isHeld = length !== undefined;
  let size = 0;
  for await (const chunk of streamBody(request, limits)) {
    const needed = size + chunk.length;
    if (needed > whole.length) {
      if (!isHeld && needed > FREE_BYTES) await room.hold(limits.limitBytes);
      isHeld ||= needed > FREE_BYTES;
      whole = longer(whole.subarray(0, size), needed, limits.limitBytes);
    }
    whole.set(chunk, size);
    size = needed;
  }
  return whole.subarray(0, size);
}

function longer(bytes: Uint8Array, needed: number, limitBytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, Math.min(limitBytes, 2 * needed)));
  larger.set(bytes);
  return larger;
}

async function withinStall<T>(reading: Promise<T>, limits: BodyLimits): Promise<T> {
  if (limits.stallMs === 0) return reading;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new HearthError("body-timeout", `No byte of the body came for ${limits.stallMs / 1000} s`, {
          hint: "Send the whole body without long pauses.",
        }),
      );
    }, limits.stallMs);
  });
  try {
    return await Promise.race([reading, stalled]);
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw new HearthError("request-cancelled", "The connection broke while the body was read", {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
