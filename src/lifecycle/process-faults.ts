import type { ContextKept, Runtime } from "../runtime/types.ts";
import type { RequestLog } from "./request-log.ts";
import type { RequestScope } from "./request-scope.ts";

/** Exit code of a server that ended for an error that belongs to no request (`EX_SOFTWARE` of sysexits). */
export const FAULT_EXIT_CODE = 70;

export interface FaultOptions {
  readonly log: RequestLog;
  readonly runtime: Pick<Runtime, "contextIn">;
  /** Absent: every uncaught error belongs to no request. */
  readonly scope?: RequestScope | undefined;
  /** Called for an error that belongs to no request: what the process holds can't be relied on any more. */
  readonly onFatal: () => void;
}

/**
 * Takes what is thrown where nobody catches it. What belongs to a request fails that request alone; everything else ends
 * the server. Either way the log has it, with its stack. What this gives takes the listeners away again.
 */
export function watchFaults({ log, onFatal, runtime, scope }: FaultOptions): () => void {
  function take(what: string, error: unknown, kept: ContextKept): void {
    const owner = scope?.owner(kept) ?? { kind: "none" };
    switch (owner.kind) {
      case "request": {
        const { request } = owner;
        if (!request.fault(error))
          log.error(`${what} of a request that was answered`, error, request.requestId);
        return;
      }
      case "some-request":
        return log.error(`${what} of one of the requests ${owner.requestIds.join(", ")}`, error);
      default:
        log.error(`${what} that belongs to no request: the server stops`, error);
        onFatal();
    }
  }
  const { exceptions, rejections } = runtime.contextIn;
  const onException = (error: unknown): void => take("uncaught exception", error, exceptions);
  const onRejection = (reason: unknown): void => take("unhandled rejection", reason, rejections);
  process.on("uncaughtException", onException);
  process.on("unhandledRejection", onRejection);
  return () => {
    process.off("uncaughtException", onException);
    process.off("unhandledRejection", onRejection);
  };
}
