import type { Target } from "../../../tests/support/targets.ts";
import { rawRequest, requestsPerSecond } from "../load.ts";
import { median } from "../measure.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, Workplace } from "../workplace.ts";

const ROUNDS = 5;
const ROUND_MS = 1000;
const CONNECTIONS = 8;
const LEAST_A_SECOND = 5000;
const TARGETS: readonly Target[] = ["bun", "node", "deno", "binary"];

const INTERFACE = `
input: {type: local, index: key, data: [{key: a}, {key: b}]}
output: {type: csv, filename: out.csv, directory: ., index: key, columns: [grade]}
`;

/** Values written to and read from one session in turns, each write in the journal before its answer. */
export const sessions: Benchmark = {
  name: "sessions",
  async run() {
    const figures: Figure[] = [];
    for (const target of TARGETS) figures.push(await measure(target));
    return figures;
  },
};

async function measure(target: Target): Promise<Figure> {
  await using place = new Workplace();
  place.write("i.yml", INTERFACE);
  const port = freePort();
  await place.serveHearth(target, port);
  const url = `http://127.0.0.1:${port}/api/sessions`;
  const made = await fetch(url, { method: "POST", body: JSON.stringify({ interface_file: "i.yml" }) });
  const { session } = (await made.json()) as { session: { session_id: string } };
  const path = `/api/sessions/${session.session_id}`;
  await fetch(`${url}/${session.session_id}/set_column`, { method: "POST", body: '{"column":"grade"}' });
  const requests = [
    rawRequest(port, `${path}/set_value`, { value: "a value of some length" }),
    rawRequest(port, `${path}/get_value`),
  ];
  const rates: number[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const rate = await requestsPerSecond(port, requests, CONNECTIONS, ROUND_MS);
    if (round >= 0) rates.push(rate);
  }
  const value = `${shown(median(rates))} a second`;
  const what = `set_value and get_value of a session in turns, ${CONNECTIONS} connections, ${target}`;
  return bounded(what, median(rates), { atLeast: LEAST_A_SECOND }, { value, unit: " a second" });
}
