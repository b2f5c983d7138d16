import { join } from "node:path";
import { PROJECT } from "../../../tests/support/targets.ts";
import { inTurns, median, medianRatio, processMs } from "../measure.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { Workplace } from "../workplace.ts";

const ROUNDS = 60;
const COLD_ROUNDS = 12;
const HEARTH = join(PROJECT, "dist", "hearth");
const TEN_ROWS = `city,n,x,ok\n${Array.from({ length: 10 }, (_, i) => `place ${i},${i},${i}.5,true`).join("\n")}\n`;

/** Whole processes of the binary against curl, and what an automatic start adds. */
export const commandLine: Benchmark = { name: "command-line", run };

async function run(): Promise<Figure[]> {
  await using place = new Workplace();
  const csv = place.write("ten.csv", TEN_ROWS);
  const options = { cwd: place.folder, env: place.env };
  const hearth = (...args: string[]) => processMs([HEARTH, ...args], options);
  const url = `http://127.0.0.1:${place.port}`;
  const body = JSON.stringify({ data_source: { type: "csv", filename: csv } });
  const curl = (...args: string[]) => processMs(["curl", "-sf", ...args], options);

  hearth("start", "--quiet", "--root", place.folder);
  const warm = await inTurns(
    {
      curlPing: () => curl(`${url}/api/ping`),
      ping: () => hearth("ping"),
      curlRead: () => curl("-d", body, `${url}/api/read_data`),
      read: () => hearth("read", "ten.csv"),
    },
    ROUNDS,
    5,
  );
  hearth("stop", "--quiet");
  const coldMs: number[] = [];
  for (let round = 0; round < COLD_ROUNDS; round += 1) {
    coldMs.push(hearth("read", "ten.csv"));
    hearth("stop", "--quiet");
  }
  const ping = medianRatio(warm.ping, warm.curlPing);
  const read = medianRatio(warm.read, warm.curlRead);
  const added = median(coldMs) - median(warm.read);
  const against = (mine: number[], other: number[], ratio: number) =>
    `${shown(ratio)} x (${shown(median(mine))} ms against ${shown(median(other))} ms)`;
  return [
    bounded(
      "`hearth ping` (binary, warm) against curl",
      ping,
      { atMost: 1.3 },
      {
        value: against(warm.ping, warm.curlPing, ping),
        unit: " x",
      },
    ),
    bounded(
      "`hearth read` of 10 rows (binary, warm) against curl",
      read,
      { atMost: 1.6 },
      {
        value: against(warm.read, warm.curlRead, read),
        unit: " x",
      },
    ),
    bounded(
      "automatic start: the same read with no server, more than warm",
      added,
      { atMost: 250 },
      {
        value: `${shown(added)} ms (${shown(median(coldMs))} ms in all)`,
        unit: " ms",
      },
    ),
  ];
}
