import { HearthError } from "../../errors.ts";
import type { Command } from "../command/build-command.ts";
import { ask } from "./ask.ts";
import { GuardedProcess, type ProcessExit, type ProcessSystem, withPid } from "./guarded-process.ts";
import { drainInto, Output } from "./output.ts";
import { isTaken, localPortOf } from "./port.ts";
import { within } from "./wait.ts";
import { askReadiness, type ReadinessCheck, untilReady } from "./readiness.ts";

export interface ServerProcessOptions {
  /** For messages: what runs there. */
  readonly name: string;
  readonly command: Command;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** Where it answers, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /**
   * Path that answers 200 once it is ready. Without one `/health` is asked, and `/v1/models` where there is none; null:
   * it counts as ready once it runs.
   */
  readonly checkEndpoint?: string | null | undefined;
  /** Path and body of a request that has to succeed before it counts as ready. */
  readonly warmUp?: { readonly path: string; readonly body: unknown } | undefined;
  /** Milliseconds until it must be ready; default 120,000. */
  readonly startTimeoutMs?: number | undefined;
  /** Milliseconds from asking it to stop to killing it; default 10,000. */
  readonly stopTimeoutMs?: number | undefined;
  /** Run in place of SIGTERM; `${PID}` in it is the process. */
  readonly stopCommand?: Command | undefined;
  /** A line of its output by which it says that it has failed for good, though it goes on running: it is ended then. */
  readonly failureLine?: RegExp | undefined;
  /** Where its output goes. */
  readonly output?: Output | undefined;
}

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 10_000;
const LOOK_MS = 50;
const TAIL_LINES = 20;

/**
 * One server program, from its start to the end of the last process that it started. Its output is read all the time. It
 * can be started once.
 *
 * @example
 * await using server = new ServerProcess({ name: "chat", command: buildServerCommand(config), baseUrl: config.baseUrl }, system);
 * await server.start();
 */
export class ServerProcess implements AsyncDisposable {
  readonly name: string;
  readonly baseUrl: string;
  readonly output: Output;
  /** Settles when the program itself has ended; never before it was started. */
  readonly exited: Promise<ProcessExit>;
  readonly #options: ServerProcessOptions;
  readonly #system: ProcessSystem;
  readonly #resolveExited: (exit: ProcessExit) => void;
  readonly #stopping = new AbortController();
  #process: GuardedProcess | undefined;
  #exit: ProcessExit | undefined;
  /** Why it was given up. */
  #failure: string | undefined;
  #stopped: Promise<void> | undefined;
  /** While it is under way. */
  #spawning: Promise<void> | undefined;
  #isStarted = false;

  constructor(options: ServerProcessOptions, system: ProcessSystem) {
    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    this.name = options.name;
    this.baseUrl = options.baseUrl;
    this.output = options.output ?? new Output();
    this.exited = promise;
    this.#resolveExited = resolve;
    this.#options = options;
    this.#system = system;
  }

  /** undefined before it was started. */
  get pid(): number | undefined {
    return this.#process?.child.pid;
  }

  /** The program runs; whether it answers is another question. */
  get isRunning(): boolean {
    return this.#process !== undefined && this.#exit === undefined;
  }

  /**
   * Starts it and waits until it is ready. When that fails, nothing of it is left.
   *
   * Throws `model-unavailable` with the reason and the end of its output: a program that is missing, a port that a
   * stranger has, an early end, no readiness in time, and `stop` meanwhile.
   */
  async start(): Promise<void> {
    if (this.#isStarted) throw new Error(`${this.name} was started before`);
    this.#isStarted = true;
    try {
      await this.#checkPort();
      this.#spawning = this.#spawn();
      await this.#spawning;
      await this.#waitUntilReady();
      await this.#checkOwner();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Gives a server up that runs and is of no use any more: it is stopped, and `failure` says why. */
  fail(reason: string): void {
    this.#failure ??= reason;
    void this.stop();
  }

  /** Why it was given up; undefined: it was not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Asks once whether it is ready. */
  async healthCheck(): Promise<boolean> {
    const check = this.#check();
    if (!this.isRunning) return false;
    return check === undefined || (await askReadiness(check)).isReady;
  }

  /** Bytes of memory that all its processes hold, shared pages counted in each; 0 when it is gone. */
  async residentBytes(): Promise<number> {
    return (await this.#process?.residentBytes()) ?? 0;
  }

  /**
   * Asks it to stop, and kills what is left after the time for that. Settles when the last process is gone; calling it
   * again waits for the same.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #checkPort(): Promise<void> {
    const port = localPortOf(this.baseUrl);
    if (port === undefined || !(await isTaken(port))) return;
    const owner = await this.#system.runtime.ownerOfPort(port);
    throw this.#unavailable(`port ${port} belongs to another program`, {
      detail: owner.kind === "other" ? `${owner.name} (process ${owner.pid})` : undefined,
      hint: "Stop that program, or give the model another port.",
    });
  }

  async #spawn(): Promise<void> {
    const { command, cwd, env, stopCommand } = this.#options;
    if (this.#stopping.signal.aborted) throw this.#unavailable("it was stopped before it was ready");
    this.output.note(`[hearth] ${command.join(" ")}`);
    try {
      const started = { command, cwd, env: { ...process.env, ...env }, stopCommand };
      this.#process = await GuardedProcess.start(started, this.#system);
    } catch (cause) {
      if (!(cause instanceof HearthError)) throw cause;
      throw this.#unavailable("it could not be started", {
        detail: cause.message,
        hint: startHint(cause),
        cause,
      });
    }
    const { child } = this.#process;
    this.#watchOutput();
    void drainInto(this.output, "stdout", child.stdout);
    void drainInto(this.output, "stderr", child.stderr);
    void child.exited.then((exit) => {
      this.#exit = exit;
      this.#resolveExited(exit);
    });
  }

  #watchOutput(): void {
    const { failureLine } = this.#options;
    if (failureLine === undefined) return;
    const unfollow = this.output.follow((line) => {
      if (!failureLine.test(line)) return;
      unfollow();
      this.#failure = "it said that it has failed";
      // What explains it comes with the next lines.
      setTimeout(() => void this.stop(), LOOK_MS);
    });
    void this.exited.then(unfollow);
  }

  async #waitUntilReady(): Promise<void> {
    const { startTimeoutMs = START_TIMEOUT_MS } = this.#options;
    const ending = new AbortController();
    const end = () => ending.abort();
    const timer = setTimeout(end, startTimeoutMs);
    this.#stopping.signal.addEventListener("abort", end);
    void this.exited.then(end);
    try {
      const check = this.#check();
      const { isReady, lastStatus } =
        check === undefined
          ? { isReady: true, lastStatus: undefined }
          : await untilReady(check, ending.signal);
      const isWarm = isReady && !ending.signal.aborted && (await this.#warmUp(startTimeoutMs));
      if (this.#failure !== undefined) throw this.#unavailable(this.#failure);
      if (this.#exit !== undefined)
        throw this.#unavailable(`it ended before it was ready (${exitText(this.#exit)})`);
      if (this.#stopping.signal.aborted) throw this.#unavailable("it was stopped before it was ready");
      if (isWarm) return;
      const seconds = startTimeoutMs / 1000;
      const last = lastStatus === undefined ? "it never answered" : `its last answer was ${lastStatus}`;
      throw this.#unavailable(
        isReady ? "its first request failed" : `it was not ready after ${seconds} s; ${last}`,
        {
          hint: isReady ? undefined : "Give it more time with healthCheckTimeout, or look at checkEndpoint.",
        },
      );
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener("abort", end);
    }
  }

  async #warmUp(timeoutMs: number): Promise<boolean> {
    const { warmUp } = this.#options;
    if (warmUp === undefined) return true;
    const asked = ask(`${this.baseUrl}${warmUp.path}`, timeoutMs, JSON.stringify(warmUp.body));
    const answer = await Promise.race([asked, this.exited.then(() => ({ status: undefined }))]);
    return answer.status !== undefined && answer.status < 300;
  }

  /** An answer counts only when it came from our own server. */
  async #checkOwner(): Promise<void> {
    const port = localPortOf(this.baseUrl);
    if (port === undefined || this.#check() === undefined) return;
    const owner = await this.#system.runtime.ownerOfPort(port, this.#process?.family);
    if (owner.kind === "other") {
      throw this.#unavailable(`another program answers on its port ${port}`, {
        detail: `${owner.name} (process ${owner.pid})`,
        hint: "Stop that program, or give the model another port.",
      });
    }
    if (this.#exit !== undefined)
      throw this.#unavailable(`it ended (${exitText(this.#exit)}), and somebody else answers`);
  }

  #check(): ReadinessCheck | undefined {
    const { checkEndpoint } = this.#options;
    if (checkEndpoint === null) return undefined;
    const isDefault = checkEndpoint === undefined;
    return {
      baseUrl: this.baseUrl,
      path: checkEndpoint ?? "/health",
      fallbackPath: isDefault ? "/v1/models" : undefined,
    };
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    // Started right now: what comes of that is ended like anything else.
    await this.#spawning?.catch(() => {});
    if (this.#process === undefined) return;
    const { child } = this.#process;
    const { stopTimeoutMs = STOP_TIMEOUT_MS } = this.#options;
    const deadlineMs = performance.now() + stopTimeoutMs;
    if (!(await this.#runStopCommand(child.pid, stopTimeoutMs))) child.kill("SIGTERM");
    const left = await this.#process.end(deadlineMs);
    if (left.length > 0) this.output.note(`[hearth] not even SIGKILL ended the processes ${left.join(", ")}`);
  }

  /** False when there is none, or it failed. */
  async #runStopCommand(pid: number, timeoutMs: number): Promise<boolean> {
    const command = withPid(this.#options.stopCommand, pid);
    if (command === undefined) return false;
    this.output.note(`[hearth] ${command.join(" ")}`);
    try {
      const env = { ...process.env, ...this.#options.env, PID: String(pid) };
      const { cwd } = this.#options;
      const stopper = await this.#system.runtime.spawn(command, {
        env,
        stdout: "pipe",
        stderr: "pipe",
        ...(cwd === undefined ? {} : { cwd }),
      });
      void drainInto(this.output, "stop stdout", stopper.stdout);
      void drainInto(this.output, "stop stderr", stopper.stderr);
      const exit = await within(stopper.exited, timeoutMs);
      if (exit === undefined) stopper.kill("SIGKILL");
      return exit?.exitCode === 0;
    } catch (error) {
      this.output.note(`[hearth] the stop command failed: ${String(error)}`);
      return false;
    }
  }

  /** @param options `detail` names programs and paths: it stands on a line of its own, which others do not get */
  #unavailable(
    reason: string,
    options: { detail?: string | undefined; hint?: string | undefined; cause?: unknown } = {},
  ): HearthError {
    // Our own words, and what it logs of our looking: not what it has to say.
    const probe = `GET ${this.#check()?.path ?? ""} `;
    const said = this.output.tail().filter((line) => !line.startsWith("[hearth]") && !line.includes(probe));
    const lines = said.slice(-TAIL_LINES);
    const tail = lines.length === 0 ? "" : `\n${lines.join("").trimEnd()}`;
    const detail = options.detail === undefined ? "" : `\n${options.detail}`;
    return new HearthError(
      "model-unavailable",
      `The server of "${this.name}" can't be used: ${reason}${detail}${tail}`,
      {
        ...(options.hint === undefined ? {} : { hint: options.hint }),
        cause: options.cause,
      },
    );
  }
}

function exitText({ exitCode, signal }: ProcessExit): string {
  return signal === null ? `exit code ${exitCode ?? "unknown"}` : signal;
}

/** What to do when the command itself can't be run. */
function startHint({ message }: HearthError): string {
  if (message.startsWith("Cannot start a program in")) return "Set `cwd` to a directory that exists.";
  return (
    "Install the program, or set `program:` (the first word of `cmd:`) to its whole path. " +
    "hearth looks in the PATH that its server was started with, or in that of `env:`."
  );
}
