import { join } from "node:path";
import { PROJECT, RUNTIMES, scriptCommand } from "../../../tests/support/targets.ts";
import { rawRequest, requestsPerSecond } from "../load.ts";
import { inTurns, median, medianRatio } from "../measure.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, Workplace } from "../workplace.ts";

const ROUNDS = 15;
const ROUND_MS = 1000;
const CONNECTIONS = 16;
const UNCOUNTED = join(PROJECT, "scripts", "bench", "uncounted.ts");
const LEAST = 0.95;

/** What counting requests costs them, and being scraped once a second besides. */
export const metrics: Benchmark = {
  name: "metrics",
  async run() {
    const figures: Figure[] = [];
    for (const runtime of RUNTIMES) figures.push(...(await measure(runtime)));
    return figures;
  },
};

async function measure(runtime: (typeof RUNTIMES)[number]): Promise<Figure[]> {
  await using place = new Workplace();
  const [off, on] = [freePort(), freePort()];
  const env = { HEARTH_LOG_REQUESTS: "false" };
  const uncounted = [...scriptCommand(runtime as "bun", UNCOUNTED), String(off)];
  await place.serve(uncounted, off, { ...env, HEARTH_STATE_DIR: join(place.folder, "state-off") });
  await place.serveHearth(runtime, on, env);
  const load = (port: number) => () =>
    requestsPerSecond(port, [rawRequest(port, "/api/ping")], CONNECTIONS, ROUND_MS);
  const scraped = async () => {
    const [rate] = await Promise.all([load(on)(), scrape(on)]);
    return rate;
  };
  const rates = await inTurns({ off: load(off), on: load(on), scraped }, ROUNDS);
  return (["on", "scraped"] as const).map((side) => {
    const share = medianRatio(rates[side], rates.off);
    const value = `${shown(share)} (${shown(median(rates[side]))}/s against ${shown(median(rates.off))}/s)`;
    const how = side === "on" ? "with metrics" : "with metrics, scraped every second,";
    return bounded(
      `/api/ping ${how} against without, on ${runtime}`,
      share,
      { atLeast: LEAST },
      { value, unit: "" },
    );
  });
}

async function scrape(port: number): Promise<void> {
  await Bun.sleep(ROUND_MS / 2);
  await (await fetch(`http://127.0.0.1:${port}/metrics`)).arrayBuffer();
}
