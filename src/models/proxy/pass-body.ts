import type { IncomingMessage } from "node:http";
import { HearthError } from "../../errors.ts";
import type { UpstreamAnswer } from "./upstream.ts";
import { broken } from "./upstream.ts";
import { SseLines, sseEvent } from "./sse.ts";
import { openaiError } from "./openai-error.ts";

/** Bytes of an answer with a known length that is sent in one piece. */
const ONE_PIECE_BYTES = 256 * 1024;

/** Bytes that may wait for a slow reader. */
const BUFFER_BYTES = 64 * 1024;

export interface PassOptions {
  readonly model: string;
  /** The stream ends with `data: [DONE]`, or it was cut off. */
  readonly endsWithDone: boolean;
  readonly isEventStream: boolean;
  /** Milliseconds of silence after which it is given up; 0: none. */
  readonly idleMs: number;
  /** Called with each piece as it comes. */
  readonly onPiece: (bytes: Uint8Array) => void;
  /** What it is called where the request was cancelled meanwhile; undefined: it was not. */
  readonly cancelled: () => HearthError | undefined;
  /** Called once, when the last byte has come, or with what broke it off; or else `onLeft` is. */
  readonly onEnd: (fault?: HearthError) => void;
  /** Called once, when nobody reads it any more. */
  readonly onLeft: () => void;
}

/** The length of an answer that is short enough to be sent in one piece. */
export function shortLength(answer: UpstreamAnswer): number | undefined {
  const length = Number(answer.body.headers["content-length"] ?? Number.NaN);
  return Number.isInteger(length) && length <= ONE_PIECE_BYTES ? length : undefined;
}

/** All of a short answer. Throws `upstream-broken` where it has other than its length. */
export async function readShort(answer: UpstreamAnswer, length: number, model: string): Promise<Uint8Array> {
  const whole = new Uint8Array(length);
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      if (size + chunk.length > length) throw new HearthError("upstream-broken", tooLong(model));
      whole.set(chunk, size);
      size += chunk.length;
    }
  } catch (error) {
    throw broken(model, error);
  }
  if (size < length) throw broken(model, { code: `${size} of ${length} bytes came` });
  return whole;
}

function tooLong(model: string): string {
  return `The server of "${model}" sent more than it said it would`;
}

/**
 * An answer's body as it arrives: each chunk at once, no faster than it is read. A failure breaks the transfer; in a
 * stream of events it is said by an event in OpenAI's shape, before the stream ends.
 */
export function passBody(answer: UpstreamAnswer, options: PassOptions): ReadableStream<Uint8Array> {
  const { body } = answer;
  const lines = options.isEventStream ? new SseLines() : undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let onSilence = () => {};
  const watch = () => {
    if (options.idleMs === 0) return;
    clearTimeout(idle);
    idle = setTimeout(() => onSilence(), options.idleMs);
  };
  const end = (tell: () => void): boolean => {
    if (isOver) return false;
    isOver = true;
    clearTimeout(idle);
    tell();
    return true;
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        watch();
        const fail = (cause: unknown) => {
          const fault = options.cancelled() ?? broken(options.model, cause);
          if (!end(() => options.onEnd(fault))) return;
          answer.destroy();
          if (lines === undefined) controller.error(fault);
          else closeWithError(controller, lines, fault);
        };
        onSilence = () => {
          const message = `The server of "${options.model}" was silent for ${options.idleMs / 1000} s`;
          fail(new HearthError("upstream-timeout", message));
        };
        body.on("data", (chunk: Uint8Array) => {
          if (isOver) return;
          watch();
          options.onPiece(chunk);
          const ready = lines === undefined ? chunk : lines.push(chunk);
          if (ready === undefined) return;
          controller.enqueue(ready);
          if ((controller.desiredSize ?? 1) <= 0) body.pause();
        });
        body.on("end", () => {
          if (isOver) return;
          const isCut = options.endsWithDone && lines?.isDone === false;
          if (isCut || isAborted(body)) return fail({ code: "it ended without [DONE]" });
          const rest = lines?.rest();
          if (rest !== undefined) controller.enqueue(rest);
          end(() => options.onEnd());
          controller.close();
        });
        body.on("error", fail);
        body.on("aborted", () => fail({ code: "ECONNRESET" }));
        body.on("close", () => fail({ code: "ECONNRESET" }));
      },
      pull() {
        body.resume();
      },
      cancel() {
        end(options.onLeft);
        answer.destroy();
      },
    },
    { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
  );
}

function isAborted(body: IncomingMessage): boolean {
  return !body.complete;
}

function closeWithError(
  controller: ReadableStreamDefaultController<Uint8Array>,
  lines: SseLines,
  fault: HearthError,
): void {
  if (!lines.isBetweenEvents) controller.enqueue(new Uint8Array([10]));
  controller.enqueue(sseEvent(openaiError(fault)));
  controller.close();
}
