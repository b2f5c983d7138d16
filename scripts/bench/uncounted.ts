/** hearth's own server with everything but the counting of requests: what metrics are held against. */
import { createStatistics } from "../../src/lifecycle/statistics.ts";
import { loadRuntime } from "../../src/runtime/detect.ts";
import { serve } from "../../src/serve.ts";

const { outcome } = await serve({
  runtime: await loadRuntime(),
  flags: { port: process.argv[2] ?? "0" },
  environment: process.env,
  directory: process.cwd(),
  isBackground: false,
  startedHow: "by-hand",
  statistics: { ...createStatistics(), add() {} },
});
if (outcome.kind === "running") await outcome.server.stopped;
process.exit(0);
