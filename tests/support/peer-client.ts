import { join } from "node:path";

/** Only root can act as two users; elsewhere tests of other users have nothing to try. */
export const CAN_SWITCH_USER = process.platform === "linux" && process.getuid?.() === 0;

/** The number of a user that is not root and owns nothing here. */
export const OTHER = 65_534;

/** One request, and as whom. */
export interface Step {
  readonly uid: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The client's own port. */
  readonly from?: number;
  /** The next step goes by the same connection. */
  readonly keep?: boolean;
  /** The connection ends by a reset, so that its port is free at once. */
  readonly reset?: boolean;
}

/** What came of it. */
export interface Outcome {
  readonly status: number;
  readonly text: string;
  readonly from: number;
}

/** A client that makes its connections as any user. */
export class Client {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#child = Bun.spawn(
      ["python3", join(import.meta.dir, "peer_client.py"), hostname.replace(/^\[|\]$/g, ""), port],
      { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
    );
    this.#lines = linesOf(this.#child.stdout);
  }

  async ask(step: Step): Promise<Outcome> {
    this.#child.stdin.write(`${JSON.stringify(step)}\n`);
    await this.#child.stdin.flush();
    const { value } = await this.#lines.next();
    return JSON.parse(String(value)) as Outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.end();
    await this.#child.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream) {
    rest += Buffer.from(chunk).toString();
    for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
}
