import type { PeerUser } from "./peer/types.ts";

/** Where a server listens: a TCP address (`port: 0` lets the system choose) or the path of a Unix socket. */
export type ListenAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/**
 * The quickest ways to the headers of one request and its answer. Node makes a `Headers` of either only when it is
 * asked for, which costs more than the rest of a small request.
 */
export interface Exchange {
  /** A header of the request by its lower-case name, or null. */
  requestHeader(request: Request, name: string): string | null;
  /** Sets a header of the answer, in place of one of that name. */
  setHeader(response: Response, name: string, value: string): void;
  /**
   * Whose process sent the request. Looked up once for each connection, and only where it is asked for. Absent where the
   * system can't tell: outside Linux, and on Unix sockets, which their file's mode protects.
   */
  peerUser?(request: Request): PeerUser;
}

export interface ServeOptions {
  /** A Unix socket is made under exactly this path, mode 0600 from its first moment. */
  readonly address: ListenAddress;
  /**
   * Answers one request. It should not throw; what escapes is answered with a bare 500 and an empty body. A response
   * without a stream body is sent with its length. `request.url` always parses: a request without a usable `Host` gets
   * a bare 400 before this is called. Its scheme and authority prove nothing (on Deno the scheme of a Unix socket's
   * request is `http+unix`, and Node and Deno take the authority of an absolute-form target): read path and query from
   * it, and the `Host` header for the rest.
   */
  readonly fetch: (request: Request, exchange: Exchange) => Response | Promise<Response>;
  /** Called with what `fetch` threw and with what the runtime reports outside a request. */
  readonly onError?: (error: unknown) => void;
}

/** A listening server. A running request may stay silent for any time; no runtime default cuts it. */
export interface BoundServer {
  /** The real address: with `port: 0` the port that the system chose. */
  readonly address: ListenAddress;
  /**
   * Stops accepting and closes idle connections; running requests go on. Settles when the port is free. The *path* a
   * Unix socket was bound under is removed by the runtime, whoever owns the file there by now: bind under a private
   * name and rename it.
   */
  stopListening(): Promise<void>;
  /**
   * Settles when, after `stopListening`, the last connection is gone, its answer sent to the end. On Node a connection
   * on which no request ever came may hold it up: wait with a limit.
   */
  readonly finished: Promise<void>;
  /**
   * Drops whatever is still open, at once. Settles when all of it is gone. Deno cannot drop a connection once
   * `stopListening` was called: there an unfinished handler is answered with a bare 503 instead, a stream body must be
   * ended by whoever produces it, and this settles after one second at the latest.
   */
  close(): Promise<void>;
}

export interface SpawnOptions {
  /** Must exist, else `start-failed`. Default: ours. */
  readonly cwd?: string;
  /** The whole environment of the child; absent: ours. Either way without what would change the child's runtime. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** stdin: nothing, or a pipe that `Subprocess.stdin` writes to. Default "ignore". */
  readonly stdin?: "ignore" | "pipe";
  /** stdout and stderr: nothing, a pipe, or an open file descriptor. Default "ignore". */
  readonly stdout?: "ignore" | "pipe" | number;
  readonly stderr?: "ignore" | "pipe" | number;
  /** Put into the environment that the child and all below it inherit, so that they are found again. */
  readonly marker?: string;
  /** Lets us exit while the child lives on, in a session of its own with no descriptor of ours above 2. */
  readonly background?: boolean;
}

/** The pipe to a child. What is written after the child has closed its end is lost without an error. */
export interface ChildInput {
  /** Writes chunks one behind the other; settles when the pipe takes more. */
  send(chunks: readonly Uint8Array[]): Promise<void>;
  end(): void;
}

/** A child, leader of its own process group and session. */
export interface Subprocess {
  readonly pid: number;
  readonly stdin: ChildInput | undefined;
  readonly stdout: ReadableStream<Uint8Array> | undefined;
  readonly stderr: ReadableStream<Uint8Array> | undefined;
  /** Settles once the process is gone; never rejects. */
  readonly exited: Promise<{ exitCode: number | null; signal: string | null }>;
  /** Signals the whole process group, so no grandchild is left behind. False when it is gone already. */
  kill(signal: "SIGTERM" | "SIGKILL" | "SIGINT" | "SIGHUP"): boolean;
}

/** Which process this is, also after its number was used again: pid and the time it started. */
export interface ProcessIdentity {
  readonly pid: number;
  /**
   * Opaque text, equal for one process at any time, whichever runtime asks: on Linux the clock tick of its start and
   * the boot's id, elsewhere the second of its start.
   */
  readonly startedAt: string;
}

/** A child and all that it started, also in sessions of their own. */
export interface ProcessFamily {
  /** The child's pid, which is the number of its process group; undefined: it is about to be started. */
  readonly group: number | undefined;
  /** The `SpawnOptions.marker` that it was started with: 128 random bits in hex. */
  readonly marker: string;
  /** `ProcessIdentity.startedAt` of the child; of ourselves before it is known. */
  readonly startedAt: string;
}

/** Who listens on a TCP port of this machine; hidden: somebody whom we can't see, such as another user. */
export type PortOwner =
  | { readonly kind: "nobody" | "ours" | "hidden" }
  | { readonly kind: "other"; readonly pid: number; readonly name: string };

export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The context of what was thrown; "if-present": that one, or none although it had one; "never": any, or none. */
export type ContextKept = "always" | "if-present" | "never";

/** All that hearth asks of Bun, Node or Deno. No other module asks which of them it runs in. */
export interface Runtime {
  readonly name: "bun" | "node" | "deno";
  /** The runtime's own version, such as "1.4.5". */
  readonly version: string;
  /** What an `AsyncLocalStorage` holds in the process's handlers `uncaughtException` and `unhandledRejection`. */
  readonly contextIn: { readonly exceptions: ContextKept; readonly rejections: ContextKept };
  /** True in hearth's own binary, made by `scripts/build.ts`. */
  readonly isCompiled: boolean;
  /** Binds and serves. Throws `HearthError` `port-taken` or `address-invalid`; else `start-failed`. */
  serve(options: ServeOptions): Promise<BoundServer>;
  /**
   * `fetch` over a Unix socket, or over TCP when `socketPath` is undefined: no limit on silence, no proxy of the
   * environment, a connection of its own for each request. So `HearthError` `server-unreachable` is certain: nobody
   * answered and nothing was sent; `connection-broken` means that the request may have been seen. An abort rejects with
   * the signal's own reason. Reading the body of the answer may reject with the runtime's own error: treat any but an
   * abort as `connection-broken`.
   */
  fetch(socketPath: string | undefined, url: string, init?: RequestInit): Promise<Response>;
  /** Throws `start-failed` for a folder or program that is missing or cannot be run. */
  spawn(command: readonly [string, ...string[]], options?: SpawnOptions): Promise<Subprocess>;
  /**
   * The command that starts hearth's command line with these arguments: its script under this very runtime, or the
   * compiled binary. `start-failed` when hearth was bundled into another program and has no script of its own.
   */
  selfCommand(args: readonly string[]): [string, ...string[]];
  /** The identity of a living process (a zombie is not alive), or undefined. */
  identify(pid: number): Promise<ProcessIdentity | undefined>;
  /** The pids of a family's living processes. Takes some 10 ms, as do the next two. */
  familyOf(family: ProcessFamily): Promise<readonly number[]>;
  /**
   * Signals a family's processes, each looked at right before: only those of our user that began after the child and are
   * of its group or carry its marker. Gives the pids that were there.
   */
  signalFamily(family: ProcessFamily, signal: "SIGTERM" | "SIGKILL"): Promise<readonly number[]>;
  /** Who listens on a port of this machine; a member of the family is ours. */
  ownerOfPort(port: number, family?: ProcessFamily): Promise<PortOwner>;
  /** Calls `listener` at every such signal to us; what it returns removes the listener. */
  onSignal(signal: SignalName, listener: () => void): () => void;
  /** Resident memory of this process in bytes. */
  residentBytes(): number;
  /**
   * Frees what nobody holds any more and gives it back to the system, as far as the engine does: for a moment in which
   * nothing runs, as everything waits for it, some 10 ms to a second by the size of what is held.
   */
  releaseMemory(): Promise<void>;
  /** That of another process; undefined when it is gone. Takes some 50 µs, on Deno and macOS (by `ps`) some ms. */
  residentBytesOf(pid: number): Promise<number | undefined>;
}
