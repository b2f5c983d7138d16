import { HearthError } from "../errors.ts";
import type { Deadline } from "./deadline.ts";

/** The body of an answer; a break on the way is the `HearthError` it is, and cancelling reaches the server. */
export function streamAnswer(response: Response, deadline: Deadline): ReadableStream<Uint8Array> {
  const reader = (response.body ?? new Blob([]).stream()).getReader();
  deadline.hold();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await reader.read();
          if (!piece.done) return controller.enqueue(piece.value);
          deadline.release();
          controller.close();
        } catch (error) {
          deadline.release();
          controller.error(deadline.signal.aborted ? deadline.explain(error) : broken(error));
        }
      },
      async cancel(reason) {
        deadline.release();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function broken(cause: unknown): HearthError {
  return new HearthError("connection-broken", "The connection broke in the middle of the answer", {
    hint: "The server's log tells more: `hearth logs`.",
    cause,
  });
}
