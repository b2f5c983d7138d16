import { type Target, TARGETS } from "../../../tests/support/targets.ts";
import { median, medianRatio, processMs } from "../measure.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, Workplace } from "../workplace.ts";

const ROWS = 100_000;
const FILES = 7;
const REPEATS = 20;

/** First and repeated reads of a CSV of 100,000 x 5, and pandas doing the first, in turns. */
export const readTable: Benchmark = {
  name: "read-table",
  async run() {
    await using place = new Workplace();
    const files = Array.from({ length: FILES }, (_, i) => place.write(`t${i}.csv`, table(i)));
    const pandas = findPandas(place);
    const figures: Figure[] = [];
    for (const target of TARGETS) figures.push(...(await measure(place, target, files, pandas)));
    return figures;
  },
};

async function measure(
  place: Workplace,
  target: Target,
  files: readonly string[],
  pandas: ReadByPandas | undefined,
): Promise<Figure[]> {
  const port = freePort();
  await place.serveHearth(target, port);
  const first: number[] = [];
  const firstWhole: number[] = [];
  const again: number[] = [];
  const byPandas: number[] = [];
  // The first file also loads what reading needs; a server that has read before is the usual one.
  await timeRead(port, place.write("warm-up.csv", "a,b\n1,2\n"));
  for (const file of files) {
    if (pandas !== undefined) byPandas.push(pandas(file));
    const fresh = await timeRead(port, file);
    first.push(fresh.firstByteMs);
    firstWhole.push(fresh.wholeMs);
    for (let i = 0; i < REPEATS; i += 1) again.push((await timeRead(port, file)).firstByteMs);
  }
  const second = faster(median(first) / median(again), 10, {
    what: `second read of 100,000 x 5 CSV, to first byte, ${target}`,
    times: `${shown(median(first))} ms, then ${shown(median(again))} ms`,
  });
  if (pandas === undefined) return [second];
  const against = faster(medianRatio(byPandas, firstWhole), 5, {
    what: `first read of that CSV to JSON, ${target}, against \`python -c\` with pandas`,
    times: `${shown(median(firstWhole))} ms against ${shown(median(byPandas))} ms`,
  });
  return [second, against];
}

function faster(ratio: number, atLeast: number, { what, times }: { what: string; times: string }): Figure {
  const unit = " x faster";
  return bounded(what, ratio, { atLeast }, { value: `${shown(ratio)}${unit} (${times})`, unit });
}

function table(seed: number): string {
  const lines = ["id,value,name,flag,day"];
  for (let i = 0; i < ROWS; i += 1) {
    const value = ((i * 7919 + seed) % 100_003) / 7;
    lines.push(`${i},${value.toFixed(4)},name ${i % 977},${i % 3 === 0},2024-0${1 + (i % 9)}-1${i % 10}`);
  }
  return `${lines.join("\n")}\n`;
}

async function timeRead(port: number, filename: string): Promise<{ firstByteMs: number; wholeMs: number }> {
  const started = Bun.nanoseconds();
  const response = await fetch(`http://127.0.0.1:${port}/api/read_data`, {
    method: "POST",
    body: JSON.stringify({ data_source: { type: "csv", filename } }),
  });
  const firstByteMs = (Bun.nanoseconds() - started) / 1e6;
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`reading ${filename} failed with ${response.status}`);
  return { firstByteMs, wholeMs: (Bun.nanoseconds() - started) / 1e6 };
}

/** Reads a file by pandas and prints it as JSON; gives the milliseconds of the whole Python process. */
type ReadByPandas = (file: string) => number;

/** Undefined where there is no pandas. */
function findPandas(place: Workplace): ReadByPandas | undefined {
  const python = process.env["HEARTH_BENCH_PYTHON"] ?? "python3";
  const { exitCode } = Bun.spawnSync([python, "-c", "import pandas"], { stdout: "ignore", stderr: "ignore" });
  if (exitCode !== 0) return undefined;
  return (file) => {
    const program = `import pandas; pandas.read_csv(${JSON.stringify(file)}).to_json("/dev/null", orient="records")`;
    return processMs([python, "-c", program], { cwd: place.folder, env: place.env });
  };
}
