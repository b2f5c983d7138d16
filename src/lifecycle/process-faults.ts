import type { RequestLog } from "./request-log.ts";

/**
 * Keeps the process alive when something is thrown where nobody catches it: one stray rejection must not take down
 * everybody's server. It goes to the log with its stack. What it gives takes the listeners away again.
 */
export function survivesFaults(log: RequestLog): () => void {
  const onException = (error: unknown): void => log.error("uncaught exception", error);
  const onRejection = (reason: unknown): void => log.error("unhandled rejection", reason);
  process.on("uncaughtException", onException);
  process.on("unhandledRejection", onRejection);
  return () => {
    process.off("uncaughtException", onException);
    process.off("unhandledRejection", onRejection);
  };
}
