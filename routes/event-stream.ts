import type { RequestContext } from "./request-context.ts";

const BEAT_MS = 15_000;

/** One event of a stream; without a name it is a plain message. */
export interface ServerEvent {
  readonly event?: string;
  readonly data: unknown;
}

/** What a stream of events or lines is made of: `start` begins, and gives what ends it. */
export interface EventSource {
  readonly start: (send: (event: ServerEvent) => void) => () => void;
}

/**
 * A stream of server-sent events that only looks on: it ends when its reader leaves, and with the event
 * `server-stopping` when the server does. A comment every 15 s keeps it open.
 */
export function eventStream(source: EventSource, context: RequestContext): Response {
  const encoder = new TextEncoder();
  return openStream("text/event-stream", context, {
    begin(send) {
      const end = source.start(({ event, data }) => {
        const name = event === undefined ? "" : `event: ${event}\n`;
        send(encoder.encode(`${name}data: ${JSON.stringify(data)}\n\n`));
      });
      const beat = setInterval(() => send(encoder.encode(": still here\n\n")), BEAT_MS);
      return () => {
        clearInterval(beat);
        end();
      };
    },
    farewell: encoder.encode("event: server-stopping\ndata: {}\n\n"),
  });
}

/** A stream of lines as they are, that only looks on. */
export function lineStream(
  start: (send: (line: string) => void) => () => void,
  context: RequestContext,
): Response {
  const encoder = new TextEncoder();
  return openStream("text/plain; charset=utf-8", context, {
    begin: (send) => start((line) => send(encoder.encode(line))),
    farewell: undefined,
  });
}

interface Watched {
  readonly begin: (send: (bytes: Uint8Array) => void) => () => void;
  readonly farewell: Uint8Array | undefined;
}

function openStream(contentType: string, context: RequestContext, watched: Watched): Response {
  context.isEndless = true;
  const release = context.hold();
  let end = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let isOpen = true;
        const endSource = watched.begin((bytes) => {
          // A reader that takes nothing for long loses what it could not have read anyway.
          if (isOpen && (controller.desiredSize ?? 1) > -MOST_WAITING_BYTES) controller.enqueue(bytes);
        });
        const forget = context.onStopping(() => {
          if (watched.farewell !== undefined && isOpen) controller.enqueue(watched.farewell);
          const wasOpen = isOpen;
          end();
          if (wasOpen) controller.close();
        });
        end = () => {
          if (!isOpen) return;
          isOpen = false;
          endSource();
          forget();
          release();
        };
      },
      cancel() {
        end();
      },
    },
    { highWaterMark: 64 * 1024, size: (chunk) => chunk?.byteLength ?? 0 },
  );
  return new Response(context.streamed(body), {
    headers: { "content-type": contentType, "cache-control": "no-cache", "x-accel-buffering": "no" },
  });
}

const MOST_WAITING_BYTES = 4 * 1024 * 1024;
