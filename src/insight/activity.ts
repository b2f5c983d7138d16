import { tellListeners } from "../lifecycle/tell-listeners.ts";
/** A request that runs, or whose answer streams on. */
export interface RunningRequest {
  readonly id: string;
  readonly method: string;
  /** The route's pattern, never text of a caller. */
  readonly route: string;
  readonly caller: "owner" | "guest";
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  /** The model that answers it, once that is known. */
  readonly model: () => string | undefined;
  /** Asks the work to end. */
  readonly cancel: () => void;
}

/** A request whose answer has been sent whole, or was broken off. */
export interface DoneRequest {
  readonly id: string;
  readonly method: string;
  readonly route: string;
  readonly caller: "owner" | "guest";
  /** 499 where its caller left in mid-answer; else the status sent, or that of what broke the answer off. */
  readonly status: number;
  /** Milliseconds since the epoch. */
  readonly endedMs: number;
  /** Milliseconds until the answer had been sent whole. */
  readonly durationMs: number;
  /** Milliseconds until the head of the answer was ready. */
  readonly headMs: number;
  readonly model: string | undefined;
  /** hearth's code of the failure, and what it says to its caller. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** What its caller can do about it. */
  readonly hint: string | undefined;
}

/** What a server is doing, and what it did last, in bounded memory. */
export interface Activity {
  /** Notes a request as running until what it gives is called. */
  start(request: RunningRequest): () => void;
  add(request: DoneRequest): void;
  /** The oldest first. */
  running(): readonly RunningRequest[];
  /** The newest first. */
  recent(): readonly DoneRequest[];
  /** Asks all running requests with this id to end; false: there is none. */
  cancel(id: string): boolean;
  /** Calls `listener` with every answered request; what it gives ends that. */
  follow(listener: (request: DoneRequest) => void): () => void;
}

/** Answered requests that are remembered. */
const REMEMBERED = 500;

/** Nothing has happened yet. */
export function createActivity(): Activity {
  const running = new Set<RunningRequest>();
  const listeners = new Set<(request: DoneRequest) => void>();
  const done: DoneRequest[] = [];
  let next = 0;
  return {
    start(request) {
      running.add(request);
      return () => running.delete(request);
    },
    add(request) {
      done[next] = request;
      next = (next + 1) % REMEMBERED;
      tellListeners(listeners, request);
    },
    running: () => [...running],
    recent: () => [...done.slice(next), ...done.slice(0, next)].toReversed(),
    cancel(id) {
      const meant = [...running].filter((request) => request.id === id);
      for (const request of meant) request.cancel();
      return meant.length > 0;
    },
    follow(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
