import { pulledBody } from "./pulled-body.ts";
import { toHearthError } from "./render-error.ts";
import type { RequestContext } from "./request-context.ts";

/** Milliseconds that a guest may take nothing of its answer; the owner may page through it in a terminal. */
const GUEST_STALL_MS = 60_000;

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
  const body = pulledBody([first.value, second.value], iterator, {
    stallMs: context.caller().kind === "owner" ? 0 : GUEST_STALL_MS,
    onEnd: (failure) => release(failure === undefined ? undefined : toHearthError(failure, context.hints)),
    onLeft(failure) {
      onLeft();
      release(failure ?? context.left());
    },
  });
  return new Response(context.streamed(body), { headers });
}
