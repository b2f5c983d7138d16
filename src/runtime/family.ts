import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import { FAMILY_FUNCTIONS, LISTENER_FUNCTION } from "./family-script.ts";
import { familyInProc } from "./proc-family.ts";
import type { PortOwner, ProcessFamily } from "./types.ts";

const run = promisify(execFile);

/** The environment of the shell: without any marker, which would make it one of the family itself. */
const ENVIRONMENT = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C" };

/**
 * The pids of a family's living processes.
 *
 * @param reads whether /proc may be read from here, which is quicker than a shell
 */
export async function listFamily(
  family: ProcessFamily,
  reads: "proc" | "command",
): Promise<readonly number[]> {
  if (reads === "proc" && process.platform === "linux") return familyInProc(family);
  const text = await shell('family "$1" "$2" "$3"; true', argumentsOf(family));
  return text.split("\n").filter(Boolean).map(Number);
}

/** Signals all processes of a family; gives those that were there. */
export async function signalFamily(
  family: ProcessFamily,
  signal: "SIGTERM" | "SIGKILL",
): Promise<readonly number[]> {
  const args = [...argumentsOf(family), signal.slice(3)];
  const text = await shell('hit "$4" "$1" "$2" "$3"; true', args);
  return text.split("\n").filter(Boolean).map(Number);
}

/**
 * Who listens on a port of this machine.
 *
 * @param reads whether /proc may be read from here: then the usual case, the family's leader, is seen in a millisecond
 */
export async function ownerOfPort(
  port: number,
  family: ProcessFamily | undefined,
  reads: "proc" | "command",
): Promise<PortOwner> {
  if (reads === "proc" && family?.group !== undefined && leaderListens(port, family.group)) {
    return { kind: "ours" };
  }
  const args = family === undefined ? ["", "", ""] : argumentsOf(family);
  const text = await shell(`${LISTENER_FUNCTION}\nlistener "$1" "$2" "$3" "$4"`, [String(port), ...args]);
  const [kind, pid, ...name] = text.trim().split(" ");
  if (kind === "other") return { kind, pid: Number(pid), name: name.join(" ").trim() };
  return { kind: kind === "ours" || kind === "nobody" ? kind : "hidden" };
}

/** See proc(5) for /proc/net/tcp: the state 0A means listening, and the tenth field is the socket's inode. */
function leaderListens(port: number, pid: number): boolean {
  try {
    const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    const sockets = ["/proc/net/tcp", "/proc/net/tcp6"]
      .flatMap((path) => readFileSync(path, "utf8").split("\n"))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === "0A" && local?.endsWith(hex))
      .map((fields) => `socket:[${fields[9]}]`);
    if (sockets.length === 0) return false;
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => isOneOf(`${folder}/${fd}`, sockets));
  } catch {
    return false; // not on Linux, gone, or not ours to see: the shell looks closer
  }
}

function isOneOf(link: string, targets: readonly string[]): boolean {
  try {
    return targets.includes(readlinkSync(link));
  } catch {
    return false; // closed meanwhile
  }
}

/** A family's arguments in the shell's functions. */
export function argumentsOf({ group, marker, startedAt }: ProcessFamily): readonly string[] {
  // On Linux the boot's id stands behind the ticks; families end with their boot.
  return [group === undefined ? "none" : String(group), marker, startedAt.split("@")[0] ?? ""];
}

async function shell(script: string, args: readonly string[]): Promise<string> {
  const command = ["-c", `${FAMILY_FUNCTIONS}\n${script}`, "family", ...args];
  const { stdout } = await run("/bin/sh", command, { encoding: "utf8", env: ENVIRONMENT, cwd: "/" });
  return stdout;
}
