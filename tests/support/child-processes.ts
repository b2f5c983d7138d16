import { readdirSync, readFileSync } from "node:fs";
import { isGone, statFields } from "./machine.ts";

/** The living children of a process whose command line has this word. */
export function childrenWith(parent: number, word: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .map(Number)
    .filter((pid) => statFields(pid)[1] === String(parent) && !isGone(pid) && commandOf(pid).includes(word));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** True once it has worked for this long, in hundredths of a second as the system counts. */
export function hasWorked(pid: number, hundredths: number): boolean {
  const [user = 0, own = 0] = statFields(pid).slice(11, 13).map(Number);
  return user + own > hundredths;
}
