import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { ProcessIdentity } from "./types.ts";

const run = promisify(execFile);

/** Changes with every boot; start times count from it. */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/**
 * The identity of a living process. A Deno client compares what a Bun server wrote, so all runtimes give the same text:
 * on Linux from /proc, which `cat` reads for Deno; elsewhere from `ps`.
 *
 * @returns undefined for a zombie, or when there is no such process
 */
export async function identifyProcess(
  pid: number,
  reads: "proc" | "command",
): Promise<ProcessIdentity | undefined> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  try {
    const startedAt = process.platform === "linux" ? await startOnLinux(pid, reads) : await startByPs(pid);
    return startedAt === undefined ? undefined : { pid, startedAt };
  } catch {
    return undefined; // no such process
  }
}

async function startOnLinux(pid: number, reads: "proc" | "command"): Promise<string | undefined> {
  const files = [`/proc/${pid}/stat`, BOOT_ID];
  const text =
    reads === "proc"
      ? files.map((file) => readFileSync(file, "utf8")).join("")
      : (await run("cat", files, { encoding: "utf8" })).stdout;
  return parseStat(text);
}

/**
 * Reads `/proc/PID/stat` with the boot's id on the line after it, see proc(5).
 *
 * @returns `TICKS@BOOT`, or undefined for a zombie
 */
export function parseStat(text: string): string | undefined {
  // The name in parentheses may hold anything, line breaks and parentheses too: fields count from the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(/\s+/);
  const state = fields[0];
  const ticks = fields[19]; // field 22 of the whole line
  const boot = fields.findLast((field) => field !== "");
  return state === undefined || ticks === undefined || "ZX".includes(state) ? undefined : `${ticks}@${boot}`;
}

async function startByPs(pid: number): Promise<string | undefined> {
  // The time is shown in the caller's language and zone; both are fixed, so that every caller sees the same text.
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { env, encoding: "utf8" });
  const [state, ...started] = stdout.trim().split(/\s+/);
  return state === undefined || state.startsWith("Z") || started.length === 0 ? undefined : started.join(" ");
}
