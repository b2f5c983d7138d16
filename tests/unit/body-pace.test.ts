import { describe, expect, test } from "bun:test";
import { type BodyLimits, streamBody } from "../../routes/read-body.ts";
import { fault } from "./fault.ts";

/** Reads a body whose pieces come `everyMs` apart by a clock of its own; gives its bytes. */
async function receive(
  pieces: number,
  pieceBytes: number,
  everyMs: number,
  limits: Partial<BodyLimits> = {},
): Promise<number> {
  let nowMs = 0;
  let sent = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        nowMs += everyMs;
        sent += 1;
        if (sent > pieces) controller.close();
        else controller.enqueue(new Uint8Array(pieceBytes));
      },
    },
    { highWaterMark: 0 },
  );
  const request = new Request("http://localhost/", { method: "POST", body, duplex: "half" } as RequestInit);
  let received = 0;
  const now = () => nowMs;
  for await (const piece of streamBody(request, {
    limitBytes: 1 << 30,
    stallMs: 30_000,
    setting: "uploadLimit",
    now,
    ...limits,
  })) {
    received += piece.length;
  }
  return received;
}

describe("bodies that trickle", () => {
  test("a body of a byte every 20 s ends with body-timeout, though it never pauses for long", async () => {
    const error = await fault(receive(1000, 1, 20_000));
    expect(error).toMatchObject({ code: "body-timeout", message: "Only 2 bytes of the body came in 40 s" });
  });

  test("a body that slows down to a trickle ends once its average is too low", async () => {
    const error = await fault(receive(1000, 500, 1000));
    expect(error.code).toBe("body-timeout");
  });

  test("a slow line that keeps up 1 kB a second is read to its end", async () => {
    expect(await receive(300, 1000, 1000)).toBe(300_000);
  });

  test("a small body may take its first 30 s", async () => {
    expect(await receive(3, 1, 7000)).toBe(3);
  });

  test("the owner's body may trickle for any time", async () => {
    expect(await receive(1000, 1, 20_000, { stallMs: 0 })).toBe(1000);
  });
});
