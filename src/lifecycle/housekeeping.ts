import type { Runtime } from "../runtime/types.ts";
import { askHealth } from "./health.ts";
import type { UnixSocket } from "./unix-socket.ts";

/** Looks after the start, where two servers of one instance may have met, and from then on. */
const FIRST_LOOKS_MS = [50, 300] as const;
const LOOK_MS = 2000;

export interface HousekeepingOptions {
  readonly runtime: Runtime;
  /** The socket at this moment; `rebind` changes it. */
  readonly socket: () => UnixSocket;
  /** Puts a new socket at the path, and the record beside it. */
  readonly rebind: () => Promise<void>;
  /** Writes the record again when it is gone. */
  readonly keepRecord: () => void;
  /** Another live server of this instance has the path: it is the one that serves. */
  readonly onSuperseded: () => void;
  /** Gives memory back that nobody needs. */
  readonly releaseMemory: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Looks from time to time whether the owner's socket still leads to us. Whoever renamed last owns the path, so of two
 * servers of one instance exactly one sees itself there, and the other leaves. A folder that somebody deleted is made
 * again. What it gives ends the looking.
 */
export function keepHouse(options: HousekeepingOptions): () => void {
  let looks = 0;
  let isEnded = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function plan(): void {
    if (isEnded) return;
    timer = setTimeout(() => void look(), FIRST_LOOKS_MS[looks] ?? LOOK_MS);
    timer.unref?.();
    looks += 1;
  }

  async function look(): Promise<void> {
    try {
      await lookOnce(options, () => isEnded);
      if (!isEnded) await options.releaseMemory();
    } catch (error) {
      options.onError(error);
    }
    plan();
  }

  plan();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

async function lookOnce(options: HousekeepingOptions, isEnded: () => boolean): Promise<void> {
  const owner = options.socket().whoseIsPath();
  if (owner === "ours") return options.keepRecord();
  if (owner === "foreign") {
    const answer = await askHealth(options.runtime, { socketPath: options.socket().path });
    const isAlive = answer.kind === "hearth" && answer.health.pid !== process.pid;
    if (isEnded()) return;
    if (isAlive) return options.onSuperseded();
    // One that is leaving takes its path along; the next look will find it absent.
    if (answer.kind === "stopping") return;
  }
  if (!isEnded()) await options.rebind();
}
