import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { Upstreams } from "../../src/models/proxy/upstream.ts";
import { fault } from "./fault.ts";

/** Answers the first request of a connection and resets the connection at the second. */
function resettingServer(seen: string[]): Server {
  return createServer((socket: Socket) => {
    let isSecond = false;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      seen.push(bytes.toString("latin1").split(" ", 1)[0] as string);
      if (isSecond) return void socket.resetAndDestroy();
      isSecond = true;
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
  });
}

const limits = { connectMs: 5000, firstByteMs: 5000, idleMs: 0, totalMs: 0 };

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/x`;
}

describe("a kept connection that the model's server resets", () => {
  const seen: string[] = [];
  const server = resettingServer(seen);
  const upstreams = new Upstreams();
  let url = "";
  beforeAll(async () => {
    url = await listen(server);
  });
  afterAll(() => {
    upstreams.close();
    server.close();
  });
  const send = async (method: string) => {
    const { signal } = new AbortController();
    const body = method === "POST" ? new TextEncoder().encode("{}") : undefined;
    const answer = await upstreams.send({ model: "m", url, method, headers: {}, body, limits, signal });
    let text = "";
    for await (const bytes of answer.body) text += String(bytes);
    // The agent takes the connection back in the next turn.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return text;
  };

  test("is no reason to send a POST again: it may have been done", async () => {
    expect(await send("POST")).toBe("ok");
    expect(await fault(send("POST"))).toMatchObject({ code: "upstream-broken" });
    expect(seen).toEqual(["POST", "POST"]);
  });

  test("is made good for a GET, which does nothing twice", async () => {
    seen.length = 0;
    expect(await send("GET")).toBe("ok");
    expect(await send("GET")).toBe("ok");
    expect(seen).toEqual(["GET", "GET", "GET"]);
  });
});

test("an answer of 101, which nobody asked for, is a broken one and hangs nobody", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"),
    );
  });
  const url = await listen(server);
  const upstreams = new Upstreams();
  const { signal } = new AbortController();
  const sent = upstreams.send({
    model: "m",
    url,
    method: "GET",
    headers: {},
    body: undefined,
    limits,
    signal,
  });
  expect(await fault(sent)).toMatchObject({ code: "upstream-broken", status: 502 });
  upstreams.close();
  server.close();
});
