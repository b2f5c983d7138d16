import { readdirSync, readFileSync, statSync } from "node:fs";
import { MARKER_VARIABLE } from "./family-script.ts";
import type { ProcessFamily } from "./types.ts";

/**
 * The pids of a family's living processes, read from /proc: the same as the shell's `family` gives, in a millisecond or
 * two instead of twenty. See proc(5).
 */
export function familyInProc({ group, marker, startedAt }: ProcessFamily): readonly number[] {
  const start = Number(startedAt.split("@")[0]);
  const mark = `${MARKER_VARIABLE}=${marker}`;
  const isOurs = group !== undefined && !belongsToStranger(group, start);
  const user = process.getuid?.();
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = readStat(name);
    // What began before the leader is none of its own, so nothing more of it has to be read.
    if (stat === undefined || stat.isDead || stat.began < start) return [];
    const isMember = (isOurs && stat.group === group) || hasMark(name, mark);
    return isMember && ownerOf(name) === user ? [Number(name)] : [];
  });
}

interface Stat {
  readonly isDead: boolean;
  readonly group: number;
  /** Ticks since the boot. */
  readonly began: number;
}

function readStat(pid: string | number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold anything: fields count from the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { isDead: "ZX".includes(fields[0] ?? "X"), group: Number(fields[2]), began: Number(fields[19]) };
  } catch {
    return undefined; // gone
  }
}

/** The number came to belong to a process that began at another time. */
function belongsToStranger(group: number, start: number): boolean {
  const leader = readStat(group);
  return leader !== undefined && leader.began !== start;
}

function hasMark(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark);
  } catch {
    return false; // gone, or another user's
  }
}

function ownerOf(pid: string): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}
