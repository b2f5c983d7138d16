import { HearthError } from "../../errors.ts";
import { once } from "../../once.ts";
import { StartPause } from "../../worker/start-pause.ts";
import type { Starter } from "../../worker/worker.ts";
import { Slots } from "../../slots.ts";
import { checkNames, type Engine, type EngineOptions, type EngineTable } from "../engine.ts";
import { EngineChild } from "./child.ts";
import { openProxy, TableKeys } from "./proxy-session.ts";

/** How long the process stays when nobody asks; as long as its warm databases. */
const IDLE_MS = 60_000;

export interface EngineProcessContext {
  readonly runtime: Starter;
  /** Told when a process ended that nobody asked to, or could not be started. */
  readonly onFailure?: (reason: HearthError) => void;
  /** Milliseconds that the process stays without sessions; default 60 s. */
  readonly idleMs?: number;
}

/** A process and who uses it. */
interface Running {
  readonly child: EngineChild;
  sessions: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The engine in a process of its own, started at the first query and ended when nobody asks. It can be killed, which no
 * thread can: a query that heeds neither its interrupt nor its memory limit takes nobody with it but its neighbours in
 * that process, which fail with `EngineStopped`. One that is opened `alone` has a process that nobody else uses.
 */
export function createEngineProcess(
  options: EngineOptions,
  { runtime, onFailure, idleMs = IDLE_MS }: EngineProcessContext,
): Engine {
  const keys = new TableKeys();
  const pause = new StartPause();
  let running: Promise<Running> | undefined;
  let lastSession = 0;
  let isClosed = false;

  const start = (): Promise<Running> => {
    if (isClosed) throw serverStopping();
    pause.check();
    const forget = () => {
      if (running === started) running = undefined;
    };
    const onEnding = (reason: HearthError | undefined) => {
      forget();
      if (reason?.code === "engine-unavailable") pause.begin(reason);
      else pause.reset();
      if (reason !== undefined) onFailure?.(reason);
    };
    const started = EngineChild.start({ engine: options, runtime, onEnding }).then((child) => {
      const process: Running = { child, sessions: 0, timer: undefined };
      stopWhenIdle(process, idleMs);
      return process;
    });
    running = started;
    started.catch(onEnding);
    return started;
  };
  const enter = async (): Promise<Running> => {
    const process = await (running ?? start());
    process.sessions += 1;
    clearTimeout(process.timer);
    return process;
  };
  const leave = (process: Running) => {
    process.sessions -= 1;
    if (process.sessions === 0) stopWhenIdle(process, idleMs);
  };

  // One at a time: together they could take several times the memory that the engine may.
  const lane = new Slots(1, "queries that run alone");
  const inLane = new Set<EngineChild>();
  const openAlone = async (tables: readonly EngineTable[], signal: AbortSignal | undefined) => {
    const release = await lane.take(signal);
    let child: EngineChild | undefined;
    const end = once(() => {
      release();
      if (child === undefined) return;
      inLane.delete(child);
      void child.stop();
    });
    try {
      if (isClosed) throw serverStopping();
      const onEnding = (reason: HearthError | undefined) => void (reason && onFailure?.(reason));
      child = await EngineChild.start({ engine: options, runtime, onEnding });
      inLane.add(child);
      if (isClosed) throw serverStopping();
    } catch (error) {
      end();
      throw error;
    }
    lastSession += 1;
    return openProxy(child, tables, { session: lastSession, options, keys, signal, end });
  };

  return {
    prepare() {
      if (running === undefined && !isClosed && !pause.isOn()) start().catch(() => {});
    },
    async open(tables, signal, { alone = false } = {}) {
      checkNames(tables);
      if (alone) return openAlone(tables, signal);
      const process = await enter();
      lastSession += 1;
      const end = once(() => leave(process));
      const { child } = process;
      return openProxy(child, tables, { session: lastSession, options, keys, signal, end });
    },
    async close() {
      isClosed = true;
      const process = await running?.catch(() => undefined);
      const children = [...inLane, ...(process === undefined ? [] : [process.child])];
      for (const child of children) child.channel.close(serverStopping());
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}

function serverStopping(): HearthError {
  return new HearthError("server-stopping", "The server is stopping");
}

function stopWhenIdle(process: Running, idleMs: number): void {
  process.timer = setTimeout(() => void process.child.stop(), idleMs);
  (process.timer as { unref?: () => void }).unref?.();
}
