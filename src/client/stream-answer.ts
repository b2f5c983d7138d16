import { whyBroken } from "./broken-answer.ts";
import type { Connection } from "./connection.ts";
import type { Deadline } from "./deadline.ts";

/** The body of an answer; a break on the way is the `HearthError` it is, and cancelling reaches the server. */
export function streamAnswer(
  response: Response,
  deadline: Deadline,
  connection: Connection,
): ReadableStream<Uint8Array> {
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
          const { aborted } = deadline.signal;
          controller.error(aborted ? deadline.explain(error) : await whyBroken(connection, response, error));
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
