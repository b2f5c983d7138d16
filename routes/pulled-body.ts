import { HearthError } from "../src/errors.ts";

export interface PulledBodyOptions {
  /** Milliseconds without a request for the next piece after which the client counts as gone; 0: it may rest. */
  readonly stallMs: number;
  /** Called once: without a failure at the end of the pieces. */
  readonly onEnd: (failure?: unknown) => void;
  /** Called once instead when the client goes away or takes nothing any more, with `request-cancelled` then. */
  readonly onLeft: (failure?: HearthError) => void;
}

/**
 * A body that makes a piece when its client asks for it, after those in `ready`. A client that takes nothing for
 * `stallMs` frees all that its answer holds, and finds the transfer broken off.
 */
export function pulledBody(
  ready: Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
  { stallMs, onEnd, onLeft }: PulledBodyOptions,
): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const abandon = async (failure?: HearthError) => {
    clearTimeout(timer);
    if (isOver) return;
    isOver = true;
    onLeft(failure);
    await iterator.return?.();
  };
  const waitForClient = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (stallMs === 0) return;
    timer = setTimeout(() => {
      const failure = notRead(stallMs);
      controller.error(failure);
      void abandon(failure).catch(() => {});
    }, stallMs);
    (timer as { unref?: () => void }).unref?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer);
        if (isOver) return;
        try {
          const piece = ready.shift();
          const next = piece === undefined ? await iterator.next() : { done: false as const, value: piece };
          // The client may have left meanwhile.
          if (isOver) return;
          if (next.done !== true) {
            controller.enqueue(next.value);
            return waitForClient(controller);
          }
          isOver = true;
          onEnd();
          controller.close();
        } catch (error) {
          if (isOver) return;
          isOver = true;
          onEnd(error);
          controller.error(error);
        }
      },
      cancel: () => abandon(),
    },
    { highWaterMark: 0 },
  );
}

function notRead(stallMs: number): HearthError {
  return new HearthError(
    "request-cancelled",
    `The client took nothing of the answer for ${stallMs / 1000} s`,
  );
}
