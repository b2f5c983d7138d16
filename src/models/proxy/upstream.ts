import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from "node:http";
import { HearthError } from "../../errors.ts";
import { createHttpAgent } from "../../runtime/http-agent.ts";
import type { ProxyLimits } from "../config/types.ts";

/** A request as it goes to a model's server. */
export interface UpstreamRequest {
  /** For messages: whose server it is. */
  readonly model: string;
  /** Such as `http://localhost:5800/v1/chat/completions`. */
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** All of it, or a stream of it. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Length of a streamed body, where it is known. */
  readonly bodyLength?: number | undefined;
  readonly limits: ProxyLimits;
  /** The client's leaving. */
  readonly signal: AbortSignal;
}

/** The head of an answer; its body has not been read. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: IncomingMessage;
  /** Gives the answer up: the server learns of it at once. */
  destroy(): void;
}

const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

/** Connections to the servers of one hearth. */
export class Upstreams {
  readonly #agent = createHttpAgent();

  /**
   * Sends a request, and waits for the head of its answer. An abort of `signal` destroys the connection, also later while
   * the body is read.
   *
   * @throws HearthError `upstream-broken`, `upstream-timeout`, `request-cancelled`
   */
  async send(sent: UpstreamRequest): Promise<UpstreamAnswer> {
    try {
      return await this.#sendOnce(sent, true);
    } catch (error) {
      // The server may close a kept connection at the moment that it is used again. It may have done the work as well,
      // so a proxy must not repeat other methods (RFC 9110, 9.2.2).
      const isRepeatable =
        error instanceof DeadConnection && IDEMPOTENT.has(sent.method) && !isStream(sent.body);
      if (isRepeatable) return await this.#sendOnce(sent, false);
      throw error instanceof DeadConnection ? error.fault : error;
    }
  }

  /** Ends all connections that nobody uses. */
  close(): void {
    this.#agent.destroy();
  }

  async #sendOnce(sent: UpstreamRequest, mayReuse: boolean): Promise<UpstreamAnswer> {
    const { body, bodyLength, headers, limits, method, model, signal, url } = sent;
    // Only peers are far away; their connections are kept by nobody.
    const secure = url.startsWith("https:") ? await import("node:https") : undefined;
    const open = (options: RequestOptions) =>
      secure === undefined
        ? request(url, { ...options, agent: mayReuse ? this.#agent : false })
        : secure.request(url, options);
    return await new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(cancelled());
        return;
      }
      const length = isStream(body)
        ? bodyLength
        : (body?.byteLength ?? (method === "GET" || method === "HEAD" ? undefined : 0));
      const outgoing = open({
        method,
        headers: length === undefined ? headers : { ...headers, "content-length": String(length) },
      });
      const timers = new Timers(limits, outgoing, (fault) => reject(fault), model);
      const leave = () => {
        outgoing.destroy();
        reject(cancelled());
      };
      signal.addEventListener("abort", leave);
      const settle = () => {
        signal.removeEventListener("abort", leave);
        timers.end();
      };
      outgoing.on("response", (response) => {
        timers.answered();
        // Some runtimes give an answer of 101 as any other; its body never ends.
        if (response.statusCode === 101) return void outgoing.emit("upgrade", response, response.socket);
        // Later failures belong to whoever reads the body.
        response.on("close", settle);
        resolve({
          status: response.statusCode ?? 502,
          rawHeaders: response.rawHeaders,
          body: response,
          destroy: () => outgoing.destroy(),
        });
      });
      // hearth never asks for another protocol, so the client could do nothing with it.
      outgoing.on("upgrade", (_, socket) => {
        settle();
        socket.destroy();
        const message = `The server of "${model}" switched protocols, which was not asked of it`;
        reject(new HearthError("upstream-broken", message));
      });
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        settle();
        if (timers.fault !== undefined) reject(timers.fault);
        else if (signal.aborted) reject(cancelled());
        else {
          const fault = broken(model, error);
          const isDead =
            mayReuse && outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
          reject(isDead ? new DeadConnection(fault) : fault);
        }
      });
      void sendBody(outgoing, body);
    });
  }
}

/** A kept connection was gone before anything came back. */
class DeadConnection extends Error {
  readonly fault: HearthError;
  constructor(fault: HearthError) {
    super("the connection was closed");
    this.fault = fault;
  }
}

/** The limits of one answer; each ends the connection and says why. */
class Timers {
  readonly #limits: ProxyLimits;
  readonly #give: (kind: string, ms: number) => void;
  #head: ReturnType<typeof setTimeout> | undefined;
  #total: ReturnType<typeof setTimeout> | undefined;
  fault: HearthError | undefined;

  constructor(
    limits: ProxyLimits,
    outgoing: ClientRequest,
    onFault: (fault: HearthError) => void,
    model: string,
  ) {
    this.#limits = limits;
    this.#give = (what, ms) => {
      this.fault = new HearthError(
        "upstream-timeout",
        `The server of "${model}" ${what} within ${ms / 1000} s`,
        {
          hint: "Give it more time with timeouts in the model's config.",
        },
      );
      onFault(this.fault);
      outgoing.destroy();
    };
    if (limits.totalMs > 0) this.#total = this.#after(limits.totalMs, "did not end its answer");
    if (limits.connectMs > 0) this.#head = this.#after(limits.connectMs, "could not be connected to");
    outgoing.on("socket", (socket) => {
      if (socket.connecting) socket.once("connect", () => this.#connected());
      else this.#connected();
    });
  }

  #after(ms: number, what: string) {
    return setTimeout(() => this.#give(what, ms), ms);
  }

  #connected(): void {
    clearTimeout(this.#head);
    const { firstByteMs } = this.#limits;
    if (firstByteMs > 0) this.#head = this.#after(firstByteMs, "did not begin to answer");
  }

  answered(): void {
    clearTimeout(this.#head);
  }

  end(): void {
    clearTimeout(this.#head);
    clearTimeout(this.#total);
  }
}

async function sendBody(outgoing: ClientRequest, body: UpstreamRequest["body"]): Promise<void> {
  if (!isStream(body)) {
    outgoing.end(body);
    return;
  }
  try {
    for await (const chunk of body) {
      if (outgoing.destroyed) return;
      if (!outgoing.write(chunk)) await drained(outgoing);
    }
    outgoing.end();
  } catch (error) {
    outgoing.destroy(error as Error);
  }
}

function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.on("drain", go);
    outgoing.on("close", go);
  });
}

function isStream(body: UpstreamRequest["body"]): body is AsyncIterable<Uint8Array> {
  return body !== undefined && !(body instanceof Uint8Array);
}

/** What an answer that broke off is to its reader. */
export function broken(model: string, cause: unknown): HearthError {
  if (cause instanceof HearthError) return cause;
  const code = (cause as { code?: unknown } | undefined)?.code;
  const how = typeof code === "string" ? ` (${code})` : "";
  return new HearthError("upstream-broken", `The server of "${model}" broke the connection${how}`, { cause });
}

function cancelled(): HearthError {
  return new HearthError("request-cancelled", "The caller went away");
}
