import { toHearthError } from "./render-error.ts";
import type { RequestContext } from "./request-context.ts";

/**
 * An answer whose body arrives in pieces. The first piece is awaited, so that what fails at once still gets its honest
 * status; what fails later breaks the transfer, never ends it cleanly. Memory is bounded: a piece is made when the reader
 * asks for it.
 *
 * @param onLeft called when the reader goes away before the end
 */
export async function streamAnswer(
  pieces: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>>,
  context: RequestContext,
  onLeft: () => void,
): Promise<Response> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return new Response(new Uint8Array(0), { headers });
  const second = await iterator.next();
  // One piece is the whole answer: sent with its length, without the cost of a stream.
  if (second.done === true) return new Response(first.value as BodyInit, { headers });

  const release = context.hold();
  const waiting = [first.value, second.value];
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const ready = waiting.shift();
          const next = ready === undefined ? await iterator.next() : { done: false as const, value: ready };
          if (next.done !== true) return controller.enqueue(next.value);
          release();
          controller.close();
        } catch (error) {
          release(toHearthError(error, context.hints));
          controller.error(error);
        }
      },
      async cancel() {
        onLeft();
        release(context.left());
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(context.streamed(body), { headers });
}
