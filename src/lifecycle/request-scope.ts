import { AsyncLocalStorage } from "node:async_hooks";
import type { ContextKept } from "../runtime/types.ts";

/** A request, to those who find an error that nobody caught. */
export interface ScopedRequest {
  readonly requestId: string;
  /** Fails this request alone. False: it was answered already, so nobody hears of it but the log. */
  fault(error: unknown): boolean;
}

/** Whose error it is. */
export type FaultOwner =
  | { readonly kind: "request"; readonly request: ScopedRequest }
  /** One of these, which of them the runtime does not tell. */
  | { readonly kind: "some-request"; readonly requestIds: readonly string[] }
  | { readonly kind: "none" };

/** Knows for which request code runs, also after an `await` and in the callbacks of its timers and sockets. */
export interface RequestScope {
  /** Runs the work of a request. */
  run<T>(request: ScopedRequest, work: () => T): T;
  /** The request is being answered from now on; what it gives is called when it is over. */
  enter(request: ScopedRequest): () => void;
  /**
   * Whose error was thrown just now. Where the runtime has lost the context it is of the one request that runs, or of
   * some of several; of none only when none runs or has just ended.
   */
  owner(kept: ContextKept): FaultOwner;
}

/** After its answer a request may still have something to do for this long, in milliseconds. */
const AFTERMATH_MS = 2000;

/** `now` gives milliseconds. */
export function createRequestScope(now: () => number = () => performance.now()): RequestScope {
  const storage = new AsyncLocalStorage<ScopedRequest>();
  const running = new Set<ScopedRequest>();
  let last: { readonly requestId: string; readonly endedMs: number } | undefined;

  function candidates(): FaultOwner {
    const isFresh = last !== undefined && now() - last.endedMs < AFTERMATH_MS;
    const [request] = running;
    if (request !== undefined && running.size === 1) return { kind: "request", request };
    const requestIds = [...running].map(({ requestId }) => requestId);
    if (isFresh) requestIds.push(last!.requestId);
    return requestIds.length === 0 ? { kind: "none" } : { kind: "some-request", requestIds };
  }

  return {
    run: (request, work) => storage.run(request, work),
    enter(request) {
      running.add(request);
      return () => {
        running.delete(request);
        last = { requestId: request.requestId, endedMs: now() };
      };
    },
    owner(kept) {
      const request = kept === "never" ? undefined : storage.getStore();
      if (request !== undefined) return { kind: "request", request };
      return kept === "always" ? { kind: "none" } : candidates();
    },
  };
}
