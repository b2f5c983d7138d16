import { connect, type Socket } from "node:net";

/** HTTP by hand over one kept connection, so that what is measured is the server and not a client library. */
export class RawHttp {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends a JSON body and reads the answer to its end; milliseconds. A server that closes is connected to anew. */
  async post(path: string, body: unknown): Promise<number> {
    const text = JSON.stringify(body);
    const head = [
      `POST ${path} HTTP/1.1`,
      `host: 127.0.0.1:${this.#port}`,
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(text)}`,
    ];
    const started = Bun.nanoseconds();
    await this.#exchange(`${head.join("\r\n")}\r\n\r\n${text}`);
    return (Bun.nanoseconds() - started) / 1e6;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #exchange(request: string): Promise<void> {
    const socket = (this.#socket ??= connect({ port: this.#port, host: "127.0.0.1", noDelay: true }));
    return new Promise((resolve, reject) => {
      const answer = new Answer();
      const finish = (isClosed: boolean) => {
        socket.removeAllListeners();
        socket.on("error", () => {});
        if (isClosed) {
          socket.destroy();
          this.#socket = undefined;
        }
        if (answer.status === 200) resolve();
        else reject(new Error(`status ${answer.status}`));
      };
      socket.on("data", (chunk: Buffer) => answer.take(chunk) && finish(answer.closes));
      socket.on("close", () => finish(true));
      socket.on("error", reject);
      socket.write(request);
    });
  }
}

/** Knows when an answer is complete: by its length, its last chunk, or the end of the connection. */
class Answer {
  status = 0;
  closes = false;
  #head = "";
  #length: number | undefined;
  #isChunked = false;
  #received = 0;
  #tail = "";

  take(chunk: Buffer): boolean {
    let body = chunk;
    if (this.status === 0) {
      this.#head += chunk.toString("latin1");
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return false;
      this.#readHead(this.#head.slice(0, end).toLowerCase());
      body = Buffer.from(this.#head.slice(end + 4), "latin1");
    }
    this.#received += body.length;
    this.#tail = (this.#tail + body.subarray(-7).toString("latin1")).slice(-7);
    if (this.#isChunked) return this.#tail.endsWith("0\r\n\r\n");
    return this.#length !== undefined && this.#received >= this.#length;
  }

  #readHead(head: string): void {
    this.status = Number(/^http\/1\.\d (\d+)/.exec(head)?.[1]);
    this.#isChunked = head.includes("transfer-encoding: chunked");
    const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
    if (length !== undefined) this.#length = Number(length);
    this.closes = head.startsWith("http/1.0") || head.includes("connection: close");
  }
}
