import { RawHttp } from "../raw-http.ts";
import { median } from "../measure.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, Workplace } from "../workplace.ts";

const NEIGHBOURS = 7;
const QUIET_MS = 2000;
/** Milliseconds that nobody notices. */
const MOST_MS = 50;

/** What seven clients that read ten rows again and again feel of an eighth whose work takes seconds. */
export const neighbours: Benchmark = {
  name: "neighbours",
  async run() {
    await using place = new Workplace();
    place.write("ten.csv", "id,name\n".concat(..."0123456789".split("").map((n) => `${n},row ${n}\n`)));
    const rows = Array.from({ length: 150_000 }, (_, i) => `${i},name ${i % 977}\n`);
    place.write("many.csv", `id,name\n${rows.join("")}`);
    const port = freePort();
    await place.serveHearth("binary", port);
    const heavySql = "select sum(sqrt(a.range * b.range)) as s from range(60000) a, range(12000) b";
    const template = "{% for i in (1..6) %}{{ name | upcase }} {{ i | plus: id }}{% endfor %}";
    const slow = {
      "an SQL query": { operation: "sql", params: { query: heavySql } },
      "Liquid over 150,000 rows": {
        operation: "render_liquid",
        data_source: { type: "csv", filename: "many.csv" },
        params: { field: "text", args: { template }, row_args: { name: "name", id: "id" } },
      },
    };
    const figures: Figure[] = [];
    for (const [what, body] of Object.entries(slow)) figures.push(await measure(port, what, body));
    return figures;
  },
};

async function measure(port: number, what: string, body: object): Promise<Figure> {
  const quiet = await readWhile(port, Bun.sleep(QUIET_MS));
  const eighth = new RawHttp(port);
  const slow = eighth.post("/api/compute", body);
  const beside = await readWhile(port, slow);
  const seconds = (await slow) / 1000;
  eighth.close();
  const worst = percentile(beside, 0.99);
  const value = `median ${shown(median(beside))} ms, 99 % within ${shown(worst)} ms; alone ${shown(median(quiet))} and ${shown(percentile(quiet, 0.99))} ms`;
  return bounded(
    `seven clients beside an eighth with ${what} of ${shown(seconds)} s`,
    worst,
    { atMost: MOST_MS },
    { value, unit: " ms for 99 %" },
  );
}

/** Milliseconds of every read that seven clients have answered until something has happened. */
async function readWhile(port: number, end: Promise<unknown>): Promise<number[]> {
  const over = new AbortController();
  const ended = end.finally(() => over.abort());
  const times: number[] = [];
  const client = async () => {
    const http = new RawHttp(port);
    while (!over.signal.aborted) {
      times.push(await http.post("/api/read_data", { data_source: { type: "csv", filename: "ten.csv" } }));
      await Bun.sleep(5);
    }
    http.close();
  };
  await Promise.all([ended, ...Array.from({ length: NEIGHBOURS }, client)]);
  return times;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}
