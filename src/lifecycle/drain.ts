import type { BoundServer } from "../runtime/types.ts";
import type { ServerLife } from "./life.ts";

/** Time for connections that were made before the socket's path was removed to be accepted and answered. */
const SETTLE_MS = 30;
/** Time for watching streams to say that they end, and for the last bytes of answers to leave. */
const FAREWELL_MS = 500;

/** The guests' socket of a server whose guests come through something in front of it, and that. */
export interface FrontDoor {
  readonly server: BoundServer;
  readonly removePath: () => void;
  /** Takes away what stands in front. Never rejects. */
  readonly close: () => Promise<void>;
  /** It goes before the socket, so that nobody meets a closed one; with it goes what it still passes on. */
  readonly closesFirst: boolean;
}

/** What is to be taken down, in the order in which it happens. */
export interface DrainPlan {
  readonly life: ServerLife;
  /** Removes the paths of the Unix sockets; nobody new comes by them from then on. */
  readonly removeSockets: () => void;
  readonly tcpServer: BoundServer | undefined;
  /** Stays open, for 503, until nothing runs any more. */
  readonly front: FrontDoor | undefined;
  /** What listens on Unix sockets. */
  readonly socketServers: readonly BoundServer[];
  /** Milliseconds that running requests get. */
  readonly graceMs: number;
  /** Milliseconds that slow readers get for the rest of an answer that has left its handler. */
  readonly lastBytesMs: number;
  /** Settles when somebody wants the end at once (a second signal). */
  readonly cut: Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Stops a server so that nothing is lost: from the first moment new requests are refused with 503, the doors close, what
 * runs is waited for, hooks free what the parts hold, and what is still open is dropped. Never rejects.
 *
 * @returns true when running requests were cut off
 */
export async function drain(plan: DrainPlan): Promise<boolean> {
  const { life } = plan;
  life.beginStopping();
  await closeDoors(plan);
  const wasCut = await isCut(life.inFlight.whenNone("use"), plan.graceMs, plan.cut);
  if (plan.front !== undefined) await closeFrontDoor(plan, plan.front);
  if (!wasCut) {
    await isCut(life.inFlight.whenNone("watch"), FAREWELL_MS, plan.cut);
    const finished = Promise.all(serversOf(plan).map((server) => server.finished));
    await isCut(finished, plan.lastBytesMs, plan.cut);
  }
  if (plan.front?.closesFirst === false) await Promise.race([plan.front.close(), plan.cut]);
  // Each hook has a limit of its own.
  await Promise.race([life.runStopHooks(plan.onError), plan.cut]);
  await within(FAREWELL_MS * 4, dropAll(plan));
  return wasCut;
}

/**
 * The path goes first: a Unix connection waiting to be accepted when its listener closes is reset, and then a client
 * could not tell whether its write was done. So the listener stays a moment longer than its path, and answers 503.
 */
async function closeDoors(plan: DrainPlan): Promise<void> {
  plan.removeSockets();
  const freed = plan.tcpServer?.stopListening().catch(plan.onError);
  await Promise.race([settle(), plan.cut]);
  await freed;
  for (const server of plan.socketServers) await server.stopListening().catch(plan.onError);
}

async function closeFrontDoor({ cut, onError }: DrainPlan, front: FrontDoor): Promise<void> {
  if (front.closesFirst) await Promise.race([front.close(), cut]);
  front.removePath();
  await Promise.race([settle(), cut]);
  await front.server.stopListening().catch(onError);
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

async function dropAll(plan: DrainPlan): Promise<void> {
  await Promise.all(serversOf(plan).map((server) => server.close().catch(plan.onError)));
}

function serversOf({ front, socketServers, tcpServer }: DrainPlan): BoundServer[] {
  return [tcpServer, front?.server, ...socketServers].filter((server) => server !== undefined);
}

/** Waits for `done`; true when the time ran out or `cut` settled first. */
async function isCut(done: Promise<unknown>, limitMs: number, cut: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), limitMs);
  });
  const result = await Promise.race([done.then(() => false), limit, cut.then(() => true)]);
  clearTimeout(timer);
  return result;
}

/** Waits for `work`, up to a limit; true when the time ran out. */
export function within(limitMs: number, work: Promise<void>): Promise<boolean> {
  return isCut(work, limitMs, new Promise(() => {}));
}

/** Runs every step, also after one has failed. */
export function tryAll(steps: readonly (() => void)[], onError: (error: unknown) => void): void {
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      onError(error);
    }
  }
}
