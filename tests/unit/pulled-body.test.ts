import { describe, expect, test } from "bun:test";
import { pulledBody } from "../../routes/pulled-body.ts";
import { until } from "../support/until.ts";

/** An endless answer, and what became of it. */
function endless(stallMs: number) {
  const seen = { made: 0, isClosed: false, left: undefined as string | undefined };
  const pieces = async function* () {
    try {
      for (;;) {
        seen.made += 1;
        yield new Uint8Array(10);
      }
    } finally {
      seen.isClosed = true;
    }
  };
  const body = pulledBody([new Uint8Array(1)], pieces(), {
    stallMs,
    onEnd: () => {},
    onLeft: (failure) => (seen.left = failure?.code ?? "left"),
  });
  return { seen, reader: body.getReader() };
}

describe("answers whose client stops reading", () => {
  test("the answer is broken off, and what it held is freed", async () => {
    const { seen, reader } = endless(20);
    await reader.read();
    await reader.read();
    await until("it is given up", () => seen.isClosed);
    expect(seen).toEqual({ made: 1, isClosed: true, left: "request-cancelled" });
    expect(await reader.read().catch((error: Error) => error.message)).toContain("took nothing");
  });

  test("a client that leaves ends it at once, and is counted once", async () => {
    const { seen, reader } = endless(20);
    await reader.read();
    await reader.read();
    await reader.cancel();
    expect(seen).toEqual({ made: 1, isClosed: true, left: "left" });
  });

  test("without a limit the client may rest", async () => {
    const { seen, reader } = endless(0);
    await reader.read();
    expect((await reader.read()).value?.length).toBe(10);
    expect(seen.isClosed).toBe(false);
    await reader.cancel();
  });
});
