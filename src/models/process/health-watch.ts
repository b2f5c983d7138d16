import type { HealthCheck } from "../config/types.ts";
import type { ServerProcess } from "./server-process.ts";

/**
 * Looks at a ready server from time to time, and ends it when it fails too often in a row: its end is seen to like any
 * other. While `isBusy` it is left alone, since under load an answer may take long. Ends with the server.
 */
export function watchHealth(
  server: ServerProcess,
  { failures, intervalMs }: HealthCheck,
  isBusy: () => boolean,
): void {
  let failed = 0;
  const look = async () => {
    if (isBusy()) return;
    failed = (await server.healthCheck()) ? 0 : failed + 1;
    if (failed >= failures) server.fail(`it failed ${failed} health checks in a row`);
  };
  const timer = setInterval(() => void look(), intervalMs);
  (timer as { unref?: () => void }).unref?.();
  void server.exited.then(() => clearInterval(timer));
}
