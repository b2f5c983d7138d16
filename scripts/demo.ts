/**
 * `npm run demo`: the main job on a real file. A first `hearth read` finds no server and starts one; everything after it
 * is answered warm. It has a state folder and a port of its own, so a hearth that runs already is not touched.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const PROJECT = resolve(import.meta.dir, "..");
const BINARY = join(PROJECT, "dist/hearth");
const CITIES = "examples/cities.csv";
const WARM_RUNS = 5;

const folder = mkdtempSync(join(tmpdir(), "hearth-demo-"));
const env = {
  // Settings of the user's own hearth would make it another demo.
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^HEARTH_(?!CACHE_DIR)/.test(name))),
  XDG_CONFIG_HOME: folder,
  HEARTH_STATE_DIR: join(folder, "state"),
  HEARTH_PORT: "0", // the system chooses
};

interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Runs a command of the project's folder to its end; undefined when there is no such program. */
async function run(command: readonly string[]): Promise<Finished | undefined> {
  const started = performance.now();
  try {
    const child = Bun.spawn([...command], {
      cwd: PROJECT,
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr, milliseconds: performance.now() - started };
  } catch {
    return undefined;
  }
}

/** Builds the binary unless it is newer than all that it is made of. */
async function ensureBinary(): Promise<void> {
  if (existsSync(BINARY) && newestSource() < statSync(BINARY).mtimeMs) return;
  console.log("Building dist/hearth (once) ...");
  const built = await run([process.execPath, "scripts/build.ts", "binary"]);
  if (built?.exitCode !== 0) throw new Error(`The binary could not be built:\n${built?.stderr}`);
}

function newestSource(): number {
  const sources = new Bun.Glob("{src,routes,scripts/build}/**/*.ts").scanSync(PROJECT);
  return Math.max(...[...sources, "package-lock.json"].map((path) => statSync(join(PROJECT, path)).mtimeMs));
}

/** Runs hearth's command line; what goes wrong ends the demo. */
async function hearth(...args: string[]): Promise<Finished> {
  const finished = await run([BINARY, ...args]);
  if (finished?.exitCode === 0) return finished;
  throw new Error(`hearth ${args.join(" ")} failed:\n${finished?.stderr}`);
}

/** Shows a command, and what it prints. */
async function show(...args: string[]): Promise<Finished> {
  console.log(`$ hearth ${args.map(quoted).join(" ")}`);
  const finished = await hearth(...args);
  console.log((finished.stdout + finished.stderr).trimEnd(), "\n");
  return finished;
}

function quoted(argument: string): string {
  return /[^\w./=-]/.test(argument) ? `"${argument}"` : argument;
}

/** The middle of several runs, in milliseconds. */
async function median(once: () => Promise<Finished>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < WARM_RUNS; i++) times.push((await once()).milliseconds);
  return times.sort((a, b) => a - b)[Math.floor(WARM_RUNS / 2)] as number;
}

/** The same read by pandas, in milliseconds; undefined where there is none. */
async function pandasTime(): Promise<number | undefined> {
  const program = `import pandas; print(pandas.read_csv("${CITIES}").to_json(orient="records"))`;
  const once = () => run(["python3", "-c", program]);
  if ((await once())?.exitCode !== 0) return undefined;
  return (await once())?.milliseconds; // the second time, when the disk's cache is warm
}

function line(what: string, milliseconds: number, remark = ""): string {
  return `  ${what.padEnd(52)}${milliseconds.toFixed(0).padStart(6)} ms  ${remark}`.trimEnd();
}

try {
  await ensureBinary();
  await run([BINARY, "version"]); // so that the first read is not timed with a cold disk
  const cold = await show("read", CITIES, "--format", "table", "--limit", "8");
  const query =
    "select continent, count(*) as cities, sum(population) as people from data group by 1 order by 3 desc";
  const compute = await show("compute", "sql", CITIES, "--query", query, "--format", "table");
  const parquet = join(folder, "cities.parquet");
  await show("write", parquet, "--input", CITIES);
  await show("read", parquet, "--format", "table", "--limit", "3");

  const read = () => hearth("read", CITIES, "--json");
  const warm = await median(read);
  const warmCompute = await median(() => hearth("compute", "sql", CITIES, "--query", query, "--json"));
  const pandas = await pandasTime();
  console.log("Whole commands, from their start to their end:");
  console.log(line("hearth read, cold (it started the server)", cold.milliseconds));
  console.log(line(`hearth read, warm (median of ${WARM_RUNS})`, warm, times(cold.milliseconds, warm)));
  console.log(line("hearth compute sql, first (it loaded the engine)", compute.milliseconds));
  console.log(line("hearth compute sql, warm", warmCompute, times(compute.milliseconds, warmCompute)));
  if (pandas !== undefined)
    console.log(
      line("python3 with pandas, the same read", pandas, times(pandas, warm, "hearth's warm read is")),
    );
} finally {
  await run([BINARY, "stop"]);
  rmSync(folder, { recursive: true, force: true });
}

function times(slow: number, fast: number, prefix = ""): string {
  return `${prefix} ${(slow / fast).toFixed(0)} x faster`.trim();
}
