import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Resident memory of a process in bytes: on Linux from /proc (some 50 µs), which `cat` reads for Deno (some ms);
 * elsewhere from `ps`.
 *
 * @returns undefined when there is no such process
 */
export async function residentBytesOf(pid: number, reads: "proc" | "command"): Promise<number | undefined> {
  try {
    const kib = process.platform === "linux" ? kibOf(await statusOf(pid, reads)) : await kibByPs(pid);
    return kib > 0 ? kib * 1024 : undefined;
  } catch {
    return undefined; // no such process
  }
}

async function statusOf(pid: number, reads: "proc" | "command"): Promise<string> {
  const path = `/proc/${pid}/status`;
  if (reads === "proc") return readFileSync(path, "utf8");
  return (await run("cat", [path], { encoding: "utf8" })).stdout;
}

/** The unit of VmRSS is always kB, see proc(5); a zombie has none. */
function kibOf(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

async function kibByPs(pid: number): Promise<number> {
  const { stdout } = await run("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return Number(stdout.trim());
}
