import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "../runtime/types.ts";
import type { Instance } from "./instance.ts";

/** A start takes well below a second; a holder that is slower loses nothing but its being the only one. */
const MAX_AGE_MS = 20_000;
/** How long a holder may take between making the file and having written it. */
const WRITING_MS = 500;

/**
 * The advisory lock that keeps fifty clients from starting fifty processes. It decides nothing: without it too only one
 * server results. So it never blocks: what is stale, broken or old is taken over.
 */
export interface StartLock {
  /** True when we hold it now; false when a living client, started less than 20 s ago, does. */
  tryTake(): Promise<boolean>;
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly startedAt?: string | undefined;
}

/** What a lock is about: starting a server, or binding without a port. */
export type LockName = "start.lock" | "bind.lock";

/** A lock of an instance, whose folder must exist. */
export function createStartLock(
  runtime: Runtime,
  instance: Instance,
  name: LockName = "start.lock",
): StartLock {
  const path = join(instance.folder, name);
  let content = "";

  async function describeUs(): Promise<string> {
    const identity = await runtime.identify(process.pid);
    // The random part tells two clients in one process apart.
    const nonce = Math.random().toString(36).slice(2);
    return JSON.stringify({ pid: process.pid, startedAt: identity?.startedAt, nonce });
  }

  function create(): boolean {
    try {
      writeFileSync(path, content, { flag: "wx", mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === "EEXIST") return false;
      // A full disk, for one, must not keep the server from starting.
      return true;
    }
  }

  /** Puts our file over the stale one, and looks whether it is still ours: another may do the same. */
  function takeOver(): boolean {
    const ownPath = `${path}.${process.pid}`;
    try {
      writeFileSync(ownPath, content, { mode: 0o600 });
      renameSync(ownPath, path);
    } catch {
      return true;
    }
    return readText(path) === content;
  }

  return {
    async tryTake() {
      content ||= await describeUs();
      return create() || ((await isStale(runtime, path)) && takeOver());
    },
    release() {
      if (content !== "" && readText(path) === content) rmSync(path, { force: true });
    },
  };
}

async function isStale(runtime: Runtime, path: string): Promise<boolean> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  // A clock that was set back makes ages negative.
  const ageMs = Math.abs(Date.now() - stat.mtimeMs);
  const holder = parseHolder(readText(path));
  if (holder === undefined) return ageMs > WRITING_MS;
  if (ageMs > MAX_AGE_MS) return true;
  const living = await runtime.identify(holder.pid);
  if (living === undefined) return true;
  return holder.startedAt !== undefined && living.startedAt !== holder.startedAt;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    return Number.isSafeInteger(value?.pid) ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
