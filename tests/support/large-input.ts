import { readFileSync } from "node:fs";
import { expect } from "bun:test";
import { Machine } from "./machine.ts";
import type { Target } from "./targets.ts";

const ROW = "1234567,some text here,3.14159,2024-01-01\n";
/** Measured: 500 to 650 MB on all targets, for 0.2 GB of CSV as for 1 GB. */
const MOST_MEMORY_BYTES = 900e6;

/** Pipes so many bytes of CSV through `hearth write` into a Parquet file; the server's memory must not grow with them. */
export async function pipeLargeInput(target: Target, bytes: number, timeoutMs: number): Promise<void> {
  await using machine = await Machine.create(target);
  await machine.run(["ping"]);
  const { pid } = machine.record();
  const rows = Math.ceil(bytes / ROW.length);
  const written = await machine.bash(
    `{ echo n,name,value,day; yes '${ROW.trim()}' | head -n ${rows}; } | hearth write out.parquet --json`,
    { timeoutMs },
  );
  expect(written).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(written.stdout)).toMatchObject({ output: "out.parquet", rows });
  expect(peakBytes(pid)).toBeLessThan(MOST_MEMORY_BYTES);
  const sums = await machine.run([
    "read",
    "out.parquet",
    "--format=csv",
    "--sql=select count(*) as n, min(n) as low, max(n) as high, min(name) as name from data",
  ]);
  expect(sums.stdout).toBe(`n,low,high,name\n${rows},1234567,1234567,some text here\n`);
}

/** The most memory that a process ever had resident. */
function peakBytes(pid: number): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(peak) * 1024;
}
