/**
 * `npm run bench`: the figures of docs/performance.md, measured side by side in one run. Names of benchmarks choose some;
 * `--markdown` prints the table as it stands in the docs.
 */
import { cpus } from "node:os";
import { commandLine } from "./cases/command-line.ts";
import { lynguine } from "./cases/lynguine.ts";
import { metrics } from "./cases/metrics.ts";
import { memory } from "./cases/memory.ts";
import { idlePage, page } from "./cases/page.ts";
import { pingThroughput } from "./cases/ping-throughput.ts";
import { models } from "./cases/models.ts";
import { proxy } from "./cases/proxy.ts";
import { readTable } from "./cases/read-table.ts";
import { neighbours } from "./cases/neighbours.ts";
import { sessions } from "./cases/sessions.ts";
import type { Figure } from "./result.ts";

const BENCHMARKS = [
  commandLine,
  pingThroughput,
  metrics,
  readTable,
  memory,
  sessions,
  neighbours,
  proxy,
  models,
  lynguine,
  page,
  idlePage,
];

const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith("-"));
const unknown = names.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown !== undefined) {
  console.error(`No benchmark "${unknown}"; there are ${BENCHMARKS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const benchmark of BENCHMARKS) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  console.error(`${benchmark.name} ...`);
  figures.push(...(await benchmark.run()));
}

console.log(
  `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${process.platform} ${process.arch}, Bun ${Bun.version}\n`,
);
console.log("| what | reached | must reach | |\n| --- | --- | --- | --- |");
for (const { what, reached, mustReach, isReached } of figures) {
  console.log(`| ${what} | ${reached} | ${mustReach} | ${isReached === false ? "falls short" : "yes"} |`);
}
