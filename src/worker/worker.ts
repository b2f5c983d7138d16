import type { HearthError } from "../errors.ts";
import type { Runtime, Subprocess } from "../runtime/types.ts";
import { VERSION } from "../version.ts";
import { Channel, type Handler, type Message } from "./channel.ts";
import { Watch } from "./watch.ts";

/** What a process that is asked to exit gets before it is killed. */
const GRACE_MS = 1000;

/** How much of what a process says before it dies is kept for the log. */
const LAST_WORDS = 2000;

/** What starts the process and looks at it. */
export type Starter = Pick<Runtime, "spawn" | "selfCommand" | "residentBytesOf">;

/** What distinguishes one kind of worker process from another. */
export interface WorkerOptions {
  readonly runtime: Starter;
  /** The flag of `hearth serve` that makes a process this kind of worker. */
  readonly flag: string;
  /** Beside our own environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What the process may ask of us. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** Bytes that the process may take while so many calls run. */
  readonly allowedBytes: (calls: number) => number;
  /** Called with the bytes that the process takes, now and then while calls run. */
  readonly onLook?: (bytes: number) => void;
  /** Milliseconds between two looks at its memory. */
  readonly periodMs?: number;
  /** Milliseconds that its event loop may stand still while calls run. */
  readonly silenceMs?: number;
  /** Nothing more can be asked of it: called once, with the reason unless it was told to stop. */
  readonly onEnding: (reason: HearthError | undefined) => void;
  /** Called when the process is gone. */
  readonly onGone?: (pid: number) => Promise<void>;
  readonly errors: WorkerErrors;
}

/** The errors of a kind of worker. */
export interface WorkerErrors {
  /** It could not be started, or ended before it said anything: by a signal, so perhaps by chance, or by itself. */
  unavailable(how: string, cause: unknown, wasKilled?: boolean): HearthError;
  /** It ended while it worked. */
  stopped(cause: Error | undefined): HearthError;
  /** It took too much memory, while so many calls ran. */
  memory(calls: number): HearthError;
  /** Its event loop stood still for too long. */
  silent(): HearthError;
}

/** A process of hearth's own that works for the server and can be killed, as the server sees it. */
export class Worker {
  readonly channel: Channel;
  readonly #options: WorkerOptions;
  readonly #child: Subprocess;
  readonly #watch: Watch;
  readonly #gone: Promise<void>;
  #lastWords = "";
  #isEnding = false;

  private constructor(options: WorkerOptions, child: Subprocess) {
    this.#options = options;
    this.#child = child;
    const { runtime, errors, onLook, periodMs, silenceMs } = options;
    this.channel = new Channel(
      (chunks) => (child.stdin as NonNullable<typeof child.stdin>).send(chunks),
      options.handlers,
    );
    this.#watch = new Watch({
      residentBytes: () => runtime.residentBytesOf(child.pid),
      allowedBytes: () => options.allowedBytes(this.#watch.calls),
      ping: () => this.channel.ask("ping"),
      onExceeded: () => this.kill(errors.memory(this.#watch.calls)),
      onSilent: () => this.kill(errors.silent()),
      ...(onLook === undefined ? {} : { onLook }),
      ...(periodMs === undefined ? {} : { periodMs }),
      ...(silenceMs === undefined ? {} : { silenceMs }),
    });
    void this.#listen();
    this.#gone = this.#untilGone();
  }

  /** Throws the `unavailable` error of its kind. */
  static async start(options: WorkerOptions): Promise<Worker> {
    const { runtime, flag, environment, errors } = options;
    const child = await runtime
      .spawn(runtime.selfCommand(["serve", `--${flag}`, VERSION]), {
        cwd: "/",
        env: { ...process.env, HEARTH_TOKEN: undefined, ...environment },
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        background: true,
      })
      .catch((cause: unknown) => {
        throw errors.unavailable("could not be started", cause);
      });
    return new Worker(options, child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Asks it, and watches it until it has answered. */
  ask(name: string, value?: unknown, bytes?: Uint8Array): Promise<Message> {
    return this.during(() => this.channel.ask(name, value, bytes));
  }

  /** Watches it while it works for us. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.#watch.during(work);
  }

  /** Asks it to exit; settles when it is gone. */
  async stop(): Promise<void> {
    this.endsSoon(undefined);
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), GRACE_MS);
    await this.#gone;
    clearTimeout(timer);
  }

  /** Nothing more will be asked of it. */
  endsSoon(reason: HearthError | undefined): void {
    if (!this.#isEnding) this.#options.onEnding(reason);
    this.#isEnding = true;
  }

  /** Ends it at once: what is under way fails with this reason. */
  kill(reason: HearthError): void {
    this.endsSoon(reason);
    this.channel.close(this.#options.errors.stopped(undefined), reason);
    this.#child.kill("SIGKILL");
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.#child.stderr as AsyncIterable<Uint8Array>)
        this.#lastWords = (this.#lastWords + decoder.decode(chunk, { stream: true })).slice(-LAST_WORDS);
    } catch {
      // A pipe that breaks ends like one that is closed.
    }
  }

  /** Settles when the process is gone and all it wrote was taken. */
  async #untilGone(): Promise<void> {
    const { errors, onGone } = this.#options;
    try {
      for await (const chunk of this.#child.stdout as AsyncIterable<Uint8Array>) this.channel.receive(chunk);
    } catch {
      // A pipe that breaks ends like one that is closed; what can't be read ends the process.
      this.#child.kill("SIGKILL");
    }
    const { exitCode, signal } = await this.#child.exited;
    const how = `The process ended with ${signal ?? `exit code ${exitCode}`}`;
    const cause = new Error([how, this.#lastWords.trim()].filter((text) => text !== "").join(": "));
    const reason = this.channel.hasHeard
      ? errors.stopped(cause)
      : errors.unavailable("ended as soon as it was started", cause, (signal ?? undefined) !== undefined);
    this.endsSoon(reason);
    this.channel.close(reason);
    // Best effort: the server's next start clears up too.
    await onGone?.(this.#child.pid).catch(() => {});
  }
}
