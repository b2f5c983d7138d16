import type { Runtime, Subprocess } from "./types.ts";

/**
 * The guard reads "add GROUP" and "del GROUP" on stdin. When that ends, because we are gone for whatever reason, each
 * group that is left gets TERM and, after GRACE seconds, KILL. `kill -s NAME --` is the one form that dash, bash and
 * busybox all take for a group.
 */
const SCRIPT = `trap '' HUP INT TERM
set --
while read -r verb group; do
  case $group in '' | 0 | 1 | *[!0-9]*) continue ;; esac
  case $verb in
    add) set -- "$@" "$group" ;;
    del) for known do shift; [ "$known" = "$group" ] || set -- "$@" "$known"; done ;;
  esac
done
[ $# -gt 0 ] || exit 0
for group do kill -s TERM -- "-$group" 2>/dev/null; done
sleep "$GRACE"
for group do kill -s KILL -- "-$group" 2>/dev/null; done`;

export interface GuardOptions {
  /** Seconds between TERM and KILL after our death. Default 1. */
  readonly graceSeconds?: number;
}

/** Sees to it that children die with us, also when we are killed with SIGKILL. */
export interface Guard {
  /** The guard's own pid. */
  readonly pid: number;
  /** Puts a process group under guard, from when this settles; its number is the pid of its leader. */
  add(group: number): Promise<void>;
  /** Takes it away again: once its processes are gone the number may come to belong to others. */
  del(group: number): Promise<void>;
  /** Ends the guard. Groups that were not taken away are killed as if we had died. Settles when it is gone. */
  close(): Promise<void>;
}

/**
 * Starts a guard: a shell of 2 MB in a session of its own, waiting at the end of a pipe. It never keeps us alive. A
 * grandchild that makes a session of its own isn't reached.
 *
 * @throws HearthError `start-failed`
 */
export async function startGuard(
  runtime: Pick<Runtime, "spawn">,
  options: GuardOptions = {},
): Promise<Guard> {
  const shell: Subprocess = await runtime.spawn(["/bin/sh", "-c", SCRIPT], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", GRACE: String(options.graceSeconds ?? 1) },
    stdin: "pipe",
    background: true,
  });
  const tell = async (verb: "add" | "del", group: number) => {
    // 0 and 1 would mean our own group and everybody's.
    if (!Number.isSafeInteger(group) || group <= 1)
      throw new RangeError(`${group} is no process group to guard`);
    await shell.stdin?.write(`${verb} ${group}\n`);
  };
  return {
    pid: shell.pid,
    add: (group) => tell("add", group),
    del: (group) => tell("del", group),
    async close() {
      shell.stdin?.end();
      await shell.exited;
    },
  };
}
