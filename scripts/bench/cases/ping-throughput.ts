import { join } from "node:path";
import { PROJECT, RUNTIMES, scriptCommand } from "../../../tests/support/targets.ts";
import { rawRequest, requestsPerSecond } from "../load.ts";
import { inTurns, median, medianRatio } from "../measure.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, Workplace } from "../workplace.ts";

const ROUNDS = 9;
const ROUND_MS = 1000;
const CONNECTIONS = 16;
const BARE = join(PROJECT, "scripts", "bench", "bare-hono.ts");

/** Least share of a bare Hono app's requests a second, with the request log off and on. */
const LEAST = {
  bun: { off: 0.85, on: 0.55 },
  node: { off: 0.85, on: 0.55 },
  deno: { off: 0.85, on: 0.4 },
} as const;

/** What the guard, the statistics and the log in front of a route cost. */
export const pingThroughput: Benchmark = {
  name: "ping-throughput",
  async run() {
    const figures: Figure[] = [];
    for (const runtime of RUNTIMES) figures.push(...(await measure(runtime)));
    return figures;
  },
};

async function measure(runtime: keyof typeof LEAST): Promise<Figure[]> {
  await using place = new Workplace();
  const [bare, off, on] = [freePort(), freePort(), freePort()];
  await place.serve([...scriptCommand(runtime, BARE), String(bare)], bare);
  await place.serveHearth(runtime, off, { HEARTH_LOG_REQUESTS: "false" });
  await place.serveHearth(runtime, on);
  const load = (port: number) => () =>
    requestsPerSecond(port, [rawRequest(port, "/api/ping")], CONNECTIONS, ROUND_MS);
  const rates = await inTurns({ bare: load(bare), off: load(off), on: load(on) }, ROUNDS);
  return (["off", "on"] as const).map((log) => {
    const share = medianRatio(rates[log], rates.bare);
    const value = `${shown(share)} (${shown(median(rates[log]))}/s against ${shown(median(rates.bare))}/s)`;
    const what = `/api/ping against a bare Hono app on ${runtime}, request log ${log}`;
    return bounded(what, share, { atLeast: LEAST[runtime][log] }, { value, unit: "" });
  });
}
