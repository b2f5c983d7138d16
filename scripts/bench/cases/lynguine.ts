import { cpSync } from "node:fs";
import { join } from "node:path";
import { pythonWithClient } from "../../../tests/support/python.ts";
import { PROJECT } from "../../../tests/support/targets.ts";
import { inTurns, median, medianRatio, processMs } from "../measure.ts";
import { RawHttp } from "../raw-http.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, Workplace } from "../workplace.ts";

const HEARTH = join(PROJECT, "dist", "hearth");
const FIXTURES = join(PROJECT, "tests", "contract", "data", "fixtures");
const HERE = import.meta.dir;

const READS_IN_A_ROW = 20;

/** hearth's binary against the real lynguine server, library and client, side by side. */
export const lynguine: Benchmark = { name: "lynguine", run };

async function run(): Promise<Figure[]> {
  const python = await pythonWithClient();
  if (python === undefined) {
    console.error("lynguine is not installed here: its figures are left out");
    return [];
  }
  await using place = new Workplace();
  cpSync(FIXTURES, place.folder, { recursive: true });
  place.write("ten.csv", table(10));
  place.write("large.csv", table(100_000));
  const ports = { hearth: place.port, lynguine: freePort() };
  const options = { cwd: place.folder, env: place.env };
  await place.serve([HEARTH, "serve", "--quiet", "--port", String(ports.hearth)], ports.hearth);
  const server = ["-m", "lynguine.server", "--port", String(ports.lynguine)];
  await place.serve([python, ...server], ports.lynguine);
  return [
    await shellLoop(python, options),
    ...(await rawReads(ports, place)),
    ...throughClient(python, ports, options),
    await fieldBatch(ports.hearth, options),
    await render(python, ports.hearth, options),
  ];
}

type Options = { readonly cwd: string; readonly env: Record<string, string> };

interface Ports {
  readonly hearth: number;
  readonly lynguine: number;
}

async function shellLoop(python: string, options: Options): Promise<Figure> {
  const reads = 100;
  const loop = `i=0; while [ $i -lt ${reads} ]; do ${HEARTH} read ten.csv >/dev/null || exit 1; i=$((i+1)); done`;
  const program =
    'from lynguine.access.io import read_data; read_data({"type": "csv", "filename": "ten.csv"})';
  const samples = await inTurns(
    {
      hearth: () => processMs(["sh", "-c", loop], options) / reads,
      python: () => processMs([python, "-c", program], options),
    },
    5,
    1,
  );
  const ratio = medianRatio(samples.python, samples.hearth);
  return faster("100 reads from a shell loop, against a Python process with lynguine each", ratio, 80, [
    median(samples.hearth),
    median(samples.python),
  ]);
}

async function rawReads(ports: Ports, place: Workplace): Promise<Figure[]> {
  const hearth = new RawHttp(ports.hearth);
  const theirs = new RawHttp(ports.lynguine);
  const read = (filename: string) => ({ data_source: { type: "csv", filename } });
  // Some in a row on each side: of one alone most would be how soon a sleeping core wakes.
  const several = async (http: RawHttp) => {
    let sum = 0;
    for (let i = 0; i < READS_IN_A_ROW; i += 1) sum += await http.post("/api/read_data", read("ten.csv"));
    return sum / READS_IN_A_ROW;
  };
  const small = await inTurns({ hearth: () => several(hearth), theirs: () => several(theirs) }, 50, 25);
  let copies = 0;
  const fresh = () => {
    copies += 1;
    const name = `large-${copies}.csv`;
    place.write(name, table(100_000, copies));
    return hearth.post("/api/read_data", read(name));
  };
  const large = await inTurns(
    {
      first: fresh,
      again: () => hearth.post("/api/read_data", read("large.csv")),
      theirs: () => theirs.post("/api/read_data", read("large.csv")),
    },
    9,
    2,
  );
  hearth.close();
  theirs.close();
  const against = (what: string, mine: number[], other: number[], atLeast: number) =>
    faster(what, medianRatio(other, mine), atLeast, [median(mine), median(other)]);
  return [
    against("10-row read over a kept socket, against lynguine's server", small.hearth, small.theirs, 10),
    against(
      "first read of 100,000 x 5 CSV over a socket, against lynguine's",
      large.first,
      large.theirs,
      2.5,
    ),
    against("repeated read of it, against lynguine's", large.again, large.theirs, 20),
  ];
}

/** Every call of the unmodified client, in turns; lynguine-client.py prints medians in milliseconds. */
function throughClient(python: string, ports: Ports, options: Options): Figure[] {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    [python, join(HERE, "lynguine-client.py"), url(ports.hearth), url(ports.lynguine)],
    { ...options, stdout: "pipe", stderr: "pipe" },
  );
  if (exitCode !== 0) throw new Error(stderr.toString());
  const medians = JSON.parse(stdout.toString()) as Record<string, [hearth: number, lynguine: number]>;
  return Object.entries(medians).map(([call, [mine, theirs]]) =>
    faster(`lynguine's Python client: ${call}`, theirs / mine, call.includes("100,000") ? 1.8 : 1, [
      mine,
      theirs,
    ]),
  );
}

async function fieldBatch(port: number, options: Options): Promise<Figure> {
  const fields = Array.from(
    { length: 30 },
    (_, i) => ["title", "date", "week", "venue", "year"][i % 5] ?? "",
  );
  const body = JSON.stringify({ field: "title", markdown_file: "talk.md", config_files: ["_lamd.yml"] });
  const samples = await inTurns(
    {
      batch: () => processMs([HEARTH, "field", "batch", "talk.md", "--fields", ...fields], options),
      curl: () => processMs(["curl", "-sf", "-d", body, `http://127.0.0.1:${port}/api/talk/field`], options),
    },
    60,
    5,
  );
  const ratio = medianRatio(samples.batch, samples.curl);
  return bounded(
    "`hearth field batch` of 30 fields, against curl of one",
    ratio,
    { atMost: 2 },
    {
      value: `${shown(ratio)} x (${shown(median(samples.batch))} ms against ${shown(median(samples.curl))} ms)`,
      unit: " x",
    },
  );
}

async function render(python: string, port: number, options: Options): Promise<Figure> {
  const http = new RawHttp(port);
  const records = Array.from({ length: 10_000 }, (_, i) => ({ given: `Ann ${i}`, family: "Lee", n: i }));
  const template = "{{ family | upcase }}, {{ given }}{% if n > 10 %} ({{ n | plus: 1 }}){% endif %}";
  const row_args = { given: "given", family: "family", n: "n" };
  const params = { field: "text", args: { template }, row_args };
  const hearth = () => http.post("/api/compute", { operation: "render_liquid", data: { records }, params });
  const library = () => {
    const run = Bun.spawnSync([python, join(HERE, "lynguine-render.py"), template], {
      ...options,
      stdout: "pipe",
      stderr: "pipe",
    });
    if (run.exitCode !== 0) throw new Error(run.stderr.toString());
    return Number(run.stdout.toString());
  };
  const samples = await inTurns({ hearth, library }, 7, 3);
  http.close();
  return faster(
    "`render_liquid` on 10,000 rows, answer included, against lynguine's library",
    medianRatio(samples.library, samples.hearth),
    5,
    [median(samples.hearth), median(samples.library)],
  );
}

function faster(
  what: string,
  ratio: number,
  atLeast: number,
  [mine, theirs]: readonly [number, number],
): Figure {
  const value = `${shown(ratio)} x faster (${shown(mine)} ms against ${shown(theirs)} ms)`;
  return bounded(what, ratio, { atLeast }, { value, unit: " x faster" });
}

function table(rows: number, seed = 0): string {
  const lines = ["id,value,name,flag,day"];
  for (let i = 0; i < rows; i += 1) {
    const value = ((i * 7919 + seed) % 100_003) / 7;
    lines.push(`${i},${value.toFixed(4)},name ${i % 977},${i % 3 === 0},2024-0${1 + (i % 9)}-1${i % 10}`);
  }
  return `${lines.join("\n")}\n`;
}
