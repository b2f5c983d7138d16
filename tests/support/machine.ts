import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { InstanceRecord } from "../../src/lifecycle/record.ts";
import { createPlace, type Place } from "./place.ts";
import { freePort } from "./ports.ts";
import { type Finished, hearth, run, type RunOptions } from "./run.ts";
import { hearthCommand, type Target } from "./targets.ts";
import { until } from "./until.ts";

/**
 * One user on one computer, as far as hearth can tell: a place of its own, whose default instance has a free port of its
 * own. Disposing of it ends every process that was started over its state folder.
 */
export class Machine {
  readonly target: Target;
  readonly place: Place;
  /** HEARTH_PORT of every command here, unless a test unsets it. */
  readonly port: number;

  private constructor(target: Target, place: Place, port: number) {
    this.target = target;
    this.place = place;
    this.port = port;
  }

  static async create(target: Target, env: Record<string, string> = {}): Promise<Machine> {
    const port = await freePort();
    const place = createPlace();
    // Long enough for every test, and a bound for what a crashed test leaves.
    Object.assign(place.env, { HEARTH_PORT: String(port), HEARTH_IDLE_TIMEOUT: "60s" }, env);
    place.write("cities.csv", CITIES);
    return new Machine(target, place, port);
  }

  get stateFolder(): string {
    return this.place.env["HEARTH_STATE_DIR"] ?? "";
  }

  /** Runs the command line to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return hearth(this.target, this.place, args, options);
  }

  /** Runs a bash script in which `hearth` is the command line. */
  bash(script: string, options: RunOptions = {}): Promise<Finished> {
    const words = hearthCommand(this.target).map((word) => `'${word}'`);
    const whole = `hearth() { ${words.join(" ")} "$@"; }\n${script}`;
    return run(["bash", "-c", whole], {
      ...options,
      cwd: options.cwd ?? this.place.data,
      env: { ...this.place.env, ...options.env },
    });
  }

  /** Folders of the instances that ever were, by key. */
  instances(): string[] {
    return namesIn(join(this.stateFolder, "instances"));
  }

  /** The folder of an instance; without a key, of the only one. */
  folder(key = this.instances()[0] ?? ""): string {
    return join(this.stateFolder, "instances", key);
  }

  /** What the server wrote about itself. */
  record(key?: string): InstanceRecord {
    return JSON.parse(readFileSync(join(this.folder(key), "record.json"), "utf8")) as InstanceRecord;
  }

  /** The lines of the server's log so far; the file appears with the first of them. */
  log(key?: string): Record<string, unknown>[] {
    const path = join(this.folder(key), "log");
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The server processes of this machine that live. */
  servers(): number[] {
    const mark = `HEARTH_STATE_DIR=${this.stateFolder}\0`;
    return namesIn("/proc").flatMap((name) => {
      const isOurs = /^\d+$/.test(name) && readProc(name, "environ").includes(mark);
      return isOurs && readProc(name, "cmdline").includes("\0serve\0") ? [Number(name)] : [];
    });
  }

  /** Kills every server, as a crash would, and waits until they are gone. */
  async kill(): Promise<void> {
    const pids = this.servers();
    for (const pid of pids) signal(pid, "SIGKILL");
    await until("the killed servers are gone", () => pids.every(isGone));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.place.remove();
  }
}

export const CITIES = "city,population\nTokyo,37468000\nDelhi,28514000\nShanghai,25582000\n";
/** What `hearth read cities.csv` prints into a pipe. */
export const CITIES_JSON =
  '[\n{"city":"Tokyo","population":37468000},\n{"city":"Delhi","population":28514000},\n{"city":"Shanghai","population":25582000}\n]\n';

/** True when there is no such process any more, or only what its parent hasn't looked at yet. */
export function isGone(pid: number): boolean {
  const stat = readProc(String(pid), "stat");
  return stat === "" || /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

/** The living processes whose environment has this `NAME=value`, whoever started them. */
export function processesWith(assignment: string): number[] {
  return namesIn("/proc").flatMap((name) => {
    const isOne = /^\d+$/.test(name) && readProc(name, "environ").split("\0").includes(assignment);
    return isOne ? [Number(name)] : [];
  });
}

/** Signals a process that may be gone. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone by itself.
  }
}

/** Where a process's descriptors lead, by number. */
export function descriptors(pid: number): Map<number, string> {
  const folder = `/proc/${pid}/fd`;
  return new Map(namesIn(folder).map((name) => [Number(name), linkOf(join(folder, name))]));
}

/** Fields of `/proc/PID/stat` from the state (field 3) on. */
export function statFields(pid: number): string[] {
  const stat = readProc(String(pid), "stat");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** True when somebody takes connections there. */
export async function isListening(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
