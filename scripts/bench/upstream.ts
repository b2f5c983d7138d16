import { createServer, type ServerResponse } from "node:http";

/*
 * A model server that costs little itself, so that what is measured is the way to it: JSON answers at once, streams of
 * `chunks` events, each sent on its own, `every` milliseconds after the last. Arguments: the port, milliseconds until it is
 * ready, and a word that makes it deaf to SIGTERM.
 */
const [port = "8080", readyAfter = "0", deaf] = process.argv.slice(2);
if (deaf !== undefined) process.on("SIGTERM", () => {});
const startedMs = performance.now();
const CHUNK = 'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n';
const ANSWER = '{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"content":"hello"}}]}';

createServer((request, response) => {
  if (request.method === "GET") {
    const isReady = performance.now() - startedMs >= Number(readyAfter);
    response.writeHead(isReady ? 200 : 503).end("ok");
    return;
  }
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => void answer(response, JSON.parse(Buffer.concat(parts).toString()) as Asked));
}).listen({ port: Number(port), host: "127.0.0.1" });

interface Asked {
  readonly stream?: boolean;
  readonly chunks?: number;
  readonly every?: number;
  readonly think?: number;
}

async function answer(response: ServerResponse, asked: Asked): Promise<void> {
  const { chunks = 10, every = 0, stream, think } = asked;
  if (think !== undefined) await pause(think);
  if (stream !== true) {
    response
      .writeHead(200, { "content-type": "application/json", "content-length": ANSWER.length })
      .end(ANSWER);
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let i = 0; i < chunks && !response.destroyed; i += 1) {
    if (!response.write(CHUNK)) await new Promise((resolve) => response.once("drain", resolve));
    if (every > 0) await pause(every);
  }
  response.end("data: [DONE]\n\n");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
