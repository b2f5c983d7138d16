import { closeSync, ftruncateSync, lstatSync, openSync } from "node:fs";
import { HearthError } from "../errors.ts";
import type { Runtime } from "../runtime/types.ts";
import { askHealth } from "./health.ts";
import { ensureInstanceFolder } from "./instance-folder.ts";
import type { Instance } from "./instance.ts";
import { findSilence } from "./silent-server.ts";
import { failureFromOutput, firstOutput, readStartFailure, removeStartFailure } from "./start-failure.ts";
import { createStartLock } from "./start-lock.ts";
import type { StartLock } from "./start-lock.ts";

const DEADLINE_MS = 30_000;
const FIRST_POLL_MS = 5;
const SLOWEST_POLL_MS = 20;
/** Asking who holds the lock may cost a process; a winner needs no more than this to be seen. */
const LOCK_POLL_MS = 60;
const FIRST_PROGRESS_MS = 1000;
const PROGRESS_MS = 200;
/**
 * Threads of the runtime's pool: each running query of the engine holds one, and file reads need some too; by default
 * two cores have two. Read once when a process starts, so only who starts it can set it (`src/engine/slots.ts`).
 */
export const POOL_THREADS = "8";
/** A manager that has started a service may come back before its server answers. */
const SERVICE_MS = 10_000;
/** How often a server that ended well without serving is followed by another. */
const MAX_STARTS = 3;

/** How the manager of an installed service starts the server. */
export interface ServiceStart {
  /** Ends with 0 when the server is there, or will be in a moment. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called with the manager's own words when it could not; the server is then started without it. */
  readonly onFailed: (reason: string) => void;
}

/** What was started: a server, or who starts one. */
interface Child {
  readonly isService: boolean;
  exit: string | undefined;
  failed: boolean;
  endedMs: number;
}

export interface EnsureRunningOptions {
  readonly runtime: Runtime;
  readonly instance: Instance;
  /** Starts the background server of this instance: `runtime.selfCommand(["serve", "--background", ...])`. */
  readonly command: readonly [string, ...string[]];
  /** Working directory of the server: the state folder. */
  readonly directory: string;
  /** The server's whole environment; default: ours. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called after a second of waiting, and five times a second from then on. */
  readonly onProgress?: (elapsedMs: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** Tried first: a server that a service is to have is started by its manager. */
  readonly service?: ServiceStart | undefined;
}

/**
 * Comes back when a server of the instance answers on its socket, having started one if there was none. To be called when
 * a request was refused; any number of clients may do so at once, and about one process is started.
 *
 * Throws what the server could not start for, in its own words (`port-taken`, `config-invalid`, ...), `start-failed` when
 * it died without any or does not answer within 30 s, `state-unusable`.
 *
 * @returns `started`: whether it was this call that started the server
 */
export async function ensureRunning(options: EnsureRunningOptions): Promise<{ started: boolean }> {
  ensureInstanceFolder(options.instance);
  const lock = createStartLock(options.runtime, options.instance);
  const attempt = new StartAttempt(options, lock);
  try {
    return await attempt.run();
  } finally {
    lock.release();
  }
}

/** One client's way through a start: waiting for whoever starts, or starting. */
class StartAttempt {
  readonly #options: EnsureRunningOptions;
  readonly #lock: StartLock;
  readonly #beganMs = Date.now();
  #nextLockMs = 0;
  #nextProgressMs = FIRST_PROGRESS_MS;
  #starts = 0;
  /** Set while what we started neither answers nor has ended. */
  #child: Child | undefined;
  /** Undefined without a service, and when its manager has failed. */
  #service: ServiceStart | undefined;

  constructor(options: EnsureRunningOptions, lock: StartLock) {
    this.#options = options;
    this.#lock = lock;
    this.#service = options.service;
  }

  async run(): Promise<{ started: boolean }> {
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.3, SLOWEST_POLL_MS)) {
      if (await this.#isAnswering()) return { started: this.#starts > 0 };
      if (this.#child === undefined) await this.#waitOrStart();
      else this.#lookAtChild(this.#child);
      await this.#tellAndCheckTime();
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  async #isAnswering(): Promise<boolean> {
    const { instance, runtime } = this.#options;
    // Much cheaper than a connection, and the socket is bound before its path appears.
    if (lstatSync(instance.socketPath, { throwIfNoEntry: false }) === undefined) return false;
    const answer = await askHealth(runtime, { socketPath: instance.socketPath }, 5000);
    return answer.kind === "hearth";
  }

  async #waitOrStart(): Promise<void> {
    const failure = readStartFailure(this.#options.instance, this.#beganMs);
    if (failure !== undefined) throw failure;
    const elapsedMs = Date.now() - this.#beganMs;
    if (elapsedMs < this.#nextLockMs) return;
    this.#nextLockMs = elapsedMs + LOCK_POLL_MS;
    if (!(await this.#lock.tryTake())) return;
    // Between the last look and now another client may have started it and given the lock back.
    if (!(await this.#isAnswering())) await this.#start();
  }

  async #start(): Promise<void> {
    const { directory, instance, runtime } = this.#options;
    const command = this.#service?.command ?? this.#options.command;
    const isService = this.#service !== undefined;
    this.#starts += 1;
    if (this.#starts > MAX_STARTS) throw failureFromOutput(instance, "it left again and again");
    removeStartFailure(instance);
    const output = openOutput(instance.startLogPath);
    try {
      const spawned = await runtime.spawn(command, {
        background: true,
        cwd: directory,
        stdout: output,
        stderr: output,
        env: { UV_THREADPOOL_SIZE: POOL_THREADS, ...this.#environment() },
      });
      const child: Child = { isService, exit: undefined, failed: false, endedMs: 0 };
      this.#child = child;
      void spawned.exited.then(({ exitCode, signal }) => {
        child.failed = exitCode !== 0;
        child.exit = signal ?? `exit code ${exitCode}`;
        child.endedMs = Date.now();
      });
    } catch (error) {
      if (!isService) throw error;
      this.#goOnWithout(error instanceof Error ? error.message : String(error));
    } finally {
      closeSync(output);
    }
  }

  #environment(): Record<string, string> {
    const given = Object.entries(this.#service?.env ?? this.#options.env ?? process.env);
    return Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
  }

  #lookAtChild(child: Child): void {
    const { instance } = this.#options;
    if (child.isService) return this.#lookAtService(child);
    if (child.exit === undefined) return;
    if (child.failed)
      throw readStartFailure(instance, this.#beganMs) ?? failureFromOutput(instance, child.exit);
    // It found another server of this instance, which will answer; or it left idle at once.
    this.#child = undefined;
    this.#lock.release();
  }

  /** A server that can't start says why; of its manager's own trouble the server is independent. */
  #lookAtService(child: Child): void {
    const { instance } = this.#options;
    const failure = readStartFailure(instance, this.#beganMs);
    if (failure !== undefined) throw failure;
    if (child.exit === undefined) return;
    if (child.failed) this.#goOnWithout(firstOutput(instance) ?? child.exit);
    else if (Date.now() - child.endedMs > SERVICE_MS) this.#goOnWithout("its server does not answer");
  }

  #goOnWithout(reason: string): void {
    this.#service?.onFailed(reason);
    this.#service = undefined;
    this.#child = undefined;
    this.#lock.release();
  }

  async #tellAndCheckTime(): Promise<void> {
    const { instance, onProgress, runtime, signal } = this.#options;
    signal?.throwIfAborted();
    const elapsedMs = Date.now() - this.#beganMs;
    if (elapsedMs > DEADLINE_MS) {
      const silence = await findSilence(runtime, instance);
      if (silence !== undefined) throw silence;
      throw new HearthError("start-failed", `The server has not answered for ${DEADLINE_MS / 1000} s`, {
        hint: `Its output is in ${instance.startLogPath}; \`hearth doctor\` looks for the cause.`,
      });
    }
    if (elapsedMs < this.#nextProgressMs) return;
    this.#nextProgressMs = elapsedMs + PROGRESS_MS;
    onProgress?.(elapsedMs);
  }
}

/** Appending, so that what the server and its runtime print does not overwrite each other. */
function openOutput(path: string): number {
  try {
    const file = openSync(path, "a", 0o600);
    ftruncateSync(file); // Deno refuses to open a file for appending and emptied at once
    return file;
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? "unknown error";
    throw new HearthError("state-unusable", `The file ${path} could not be written (${code})`, {
      hint: "Look whether the disk is full, or name another folder with HEARTH_STATE_DIR.",
      cause,
    });
  }
}
