import { randomBytes } from "node:crypto";
import type { ProcessFamily, Runtime, Subprocess } from "../../runtime/types.ts";
import type { Guardian } from "./guardian.ts";
import { pause, within } from "./wait.ts";

/** What a process that is started needs of the system around it. */
export interface ProcessSystem {
  readonly runtime: Pick<
    Runtime,
    "spawn" | "identify" | "familyOf" | "signalFamily" | "ownerOfPort" | "residentBytesOf"
  >;
  readonly guardian: Guardian;
  /** Told of each family as it comes and goes, so that a later hearth finds what was left. */
  readonly onFamily?: (family: ProcessFamily, isThere: boolean) => void;
}

/** How a program ended. */
export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface GuardedOptions {
  readonly command: readonly [string, ...string[]];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | undefined;
  /** Run at our own death in place of SIGTERM; `${PID}` in it is the process. */
  readonly stopCommand?: readonly [string, ...string[]] | undefined;
}

const LOOK_MS = 50;
/** Nothing outlives SIGKILL but a process that waits for a device. */
const KILL_MS = 5000;

/**
 * A program with everything that it starts: it dies with us, and `end` leaves nothing of it. Its output comes by pipes
 * that somebody has to read.
 */
export class GuardedProcess {
  readonly child: Subprocess;
  readonly family: ProcessFamily;
  readonly #system: ProcessSystem;

  private constructor(child: Subprocess, family: ProcessFamily, system: ProcessSystem) {
    this.child = child;
    this.family = family;
    this.#system = system;
  }

  /** Starts it. Throws `start-failed` for a program that can't be run; nothing is left then. */
  static async start(options: GuardedOptions, system: ProcessSystem): Promise<GuardedProcess> {
    const { command, cwd, env, stopCommand } = options;
    const { guardian, onFamily, runtime } = system;
    const announced = await announce(system);
    const { marker } = announced;
    let child: Subprocess;
    try {
      child = await runtime.spawn(command, {
        env,
        marker,
        stdout: "pipe",
        stderr: "pipe",
        ...(cwd === undefined ? {} : { cwd }),
      });
    } catch (error) {
      await guardian.remove(announced);
      onFamily?.(announced, false);
      throw error;
    }
    const identity = await runtime.identify(child.pid);
    const family = { group: child.pid, marker, startedAt: identity?.startedAt ?? "0" };
    onFamily?.(family, true);
    void guardian.add({ ...family, stopCommand: withPid(stopCommand, child.pid) });
    return new GuardedProcess(child, family, system);
  }

  /** Bytes of memory that all its processes hold, shared pages counted in each; 0 when it is gone. */
  async residentBytes(): Promise<number> {
    const { runtime } = this.#system;
    const pids = await runtime.familyOf(this.family);
    const sizes = await Promise.all(pids.map((pid) => runtime.residentBytesOf(pid)));
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }

  /**
   * Waits until the last process is gone: those that the group's signal did not reach are asked by SIGTERM, those that are
   * left at `deadlineMs` (by `performance.now()`) killed. Gives the pids that not even SIGKILL ended.
   */
  async end(deadlineMs: number): Promise<readonly number[]> {
    const { guardian, onFamily, runtime } = this.#system;
    await within(this.child.exited, Math.max(0, deadlineMs - performance.now()));
    let left = await runtime.familyOf(this.family);
    if (left.length > 0 && performance.now() < deadlineMs) await runtime.signalFamily(this.family, "SIGTERM");
    while (left.length > 0 && performance.now() < deadlineMs) {
      await pause(Math.min(LOOK_MS, Math.max(1, deadlineMs - performance.now())));
      left = await runtime.familyOf(this.family);
    }
    const giveUpMs = performance.now() + KILL_MS;
    while (left.length > 0 && performance.now() < giveUpMs) {
      await runtime.signalFamily(this.family, "SIGKILL");
      await pause(LOOK_MS);
      left = await runtime.familyOf(this.family);
    }
    await guardian.remove(this.family);
    onFamily?.(this.family, false);
    return left;
  }
}

/** Tells what will be started before it is: killed in between, we would leave a process that nobody knows of. */
async function announce({ guardian, onFamily, runtime }: ProcessSystem): Promise<ProcessFamily> {
  const own = await runtime.identify(process.pid);
  const marker = randomBytes(16).toString("hex");
  const family = { group: undefined, marker, startedAt: own?.startedAt ?? "0" };
  onFamily?.(family, true);
  await guardian.add(family);
  return family;
}

/** A command with the process's number in it. */
export function withPid<C extends readonly string[] | undefined>(command: C, pid: number): C {
  return command?.map((word) => word.replaceAll("${PID}", String(pid))) as unknown as C;
}
