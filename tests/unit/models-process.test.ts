import { describe, expect, test } from "bun:test";
import { failureLineOf } from "../../src/models/command/failure-line.ts";
import { drainInto, Output } from "../../src/models/process/output.ts";
import { freePort, isTaken, localPortOf } from "../../src/models/process/port.ts";
import { askReadiness, pollMs, untilReady } from "../../src/models/process/readiness.ts";

describe("a server's output", () => {
  test("is kept in lines, whatever pieces it comes in, each stream for itself", () => {
    const output = new Output();
    const followed: string[] = [];
    const unfollow = output.follow((line) => followed.push(line));
    output.append("stdout", "one\ntw");
    output.append("stderr", "err\r\nprogress 1\rprogress 2\r");
    output.append("stdout", "o\n");
    unfollow();
    output.append("stderr", "\nlast");
    output.end("stderr");
    output.end("stdout");
    expect(followed).toEqual(["one\n", "err\n", "progress 1\n", "two\n"]);
    expect(output.tail()).toEqual([...followed, "progress 2\n", "last\n"]);
    expect(output.tail(2)).toEqual(["progress 2\n", "last\n"]);
    expect(output.tail(0)).toEqual([]);
  });

  test("without end takes no endless memory", () => {
    const output = new Output();
    for (let i = 0; i < 2000; i += 1) output.append("stdout", `${"x".repeat(1000)}\n`);
    output.append("stderr", "y".repeat(1e6));
    const size = output.tail().join("").length;
    expect(size).toBeGreaterThan(50_000);
    expect(size).toBeLessThan(150_000);
  });

  test("is read to its end, letters that were cut apart included", async () => {
    const output = new Output();
    const bytes = new TextEncoder().encode("ä🦉\nend");
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    await drainInto(output, "stdout", stream);
    expect(output.tail()).toEqual(["ä🦉\n", "end\n"]);
  });
});

describe("readiness", () => {
  const serve = (fetch: (path: string) => Response | Promise<Response>) =>
    Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => fetch(new URL(request.url).pathname) });
  const check = (port: number | undefined, fallbackPath: string | undefined = "/v1/models") => ({
    baseUrl: `http://127.0.0.1:${port}`,
    path: "/health",
    fallbackPath,
  });

  test.each([
    [{ "/health": 200 }, true, 200],
    [{ "/health": 503, "/v1/models": 200 }, false, 503],
    [{ "/health": 404, "/v1/models": 200 }, true, 200],
    [{ "/health": 405, "/v1/models": 200 }, true, 200],
    [{ "/health": 404, "/v1/models": 503 }, false, 503],
    [{ "/health": 500, "/v1/models": 200 }, false, 500],
    [{ "/health": 401, "/v1/models": 200 }, false, 401],
  ])("of %p: %p", async (statuses: Record<string, number>, isReady, lastStatus) => {
    await using server = serve((path) => new Response("", { status: statuses[path] ?? 404 }));
    expect(await askReadiness(check(server.port))).toEqual({ isReady, lastStatus });
  });

  test("nobody there, nobody answering, and no other path", async () => {
    expect(await askReadiness(check(1))).toEqual({ isReady: false, lastStatus: undefined });
    await using mute = serve(() => new Promise(() => {}));
    expect(await askReadiness(check(mute.port), 50)).toEqual({ isReady: false, lastStatus: undefined });
    await using bare = serve(() => new Response("", { status: 404 }));
    expect(await askReadiness({ ...check(bare.port), fallbackPath: undefined })).toMatchObject({
      isReady: false,
    });
  });

  test("is waited for until it is there, or nobody waits", async () => {
    let asked = 0;
    await using server = serve(() => new Response("", { status: (asked += 1) > 3 ? 200 : 503 }));
    expect(await untilReady(check(server.port), new AbortController().signal)).toMatchObject({
      isReady: true,
    });
    expect(asked).toBe(4);
    await using never = serve(() => new Response("", { status: 503 }));
    expect(await untilReady(check(never.port), AbortSignal.timeout(50))).toEqual({
      isReady: false,
      lastStatus: 503,
    });
  });

  test("knows the last answer, though a probe hangs when the waiting ends", async () => {
    let asked = 0;
    await using server = serve(() =>
      (asked += 1) === 1 ? new Response("", { status: 503 }) : new Promise<Response>(() => {}),
    );
    expect(await untilReady(check(server.port), AbortSignal.timeout(200))).toEqual({
      isReady: false,
      lastStatus: 503,
    });
    await server.stop(true);
  });

  test("is looked at often at first, never later than 4 % of the wait or a quarter second", () => {
    expect([0, 100, 1000, 5000, 60_000].map(pollMs)).toEqual([10, 10, 40, 200, 250]);
  });
});

describe("ports", () => {
  test("of this machine are known by their addresses", () => {
    const ports = ["http://localhost:81", "http://127.0.0.1", "https://[::1]", "http://gpu.lan:82"].map(
      localPortOf,
    );
    expect(ports).toEqual([81, 80, 443, undefined]);
  });

  test("that somebody has are passed over", async () => {
    await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const port = server.port as number;
    expect(await isTaken(port)).toBe(true);
    const free = await freePort(port, new Set([port + 1]));
    expect(free).toBeGreaterThan(port + 1);
    expect(await isTaken(free)).toBe(false);
  });
});

test("a server that says it has failed is known by its words", () => {
  const line = failureLineOf(["/venv/bin/python", "-m", "mlx_lm", "server"]);
  expect(line?.test("ERROR - mlx_lm.server generation thread died: no such file")).toBe(true);
  expect(failureLineOf(["/venv/bin/mlx_lm.server", "--model", "x"])).toBe(line);
  expect(failureLineOf(["llama-server", "-m", "mlx_lm.gguf"])).toBeUndefined();
});
