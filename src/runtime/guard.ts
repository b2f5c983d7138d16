import { quote } from "shlex";
import { argumentsOf } from "./family.ts";
import { FAMILY_FUNCTIONS } from "./family-script.ts";
import type { ProcessFamily, Runtime, Subprocess } from "./types.ts";

/**
 * The guard reads "add MARKER GROUP START STOP-COMMAND" and "del MARKER" on stdin, and answers each line by an
 * empty one: from then on it knows. When that ends, because we are gone for
 * whatever reason, it runs the stop commands, gives TERM to each family that is left, and KILL when GRACE tenths of a
 * second have passed. A family with a stop command gets half of that before its TERM.
 */
const SCRIPT = `trap '' HUP INT TERM PIPE
${FAMILY_FUNCTIONS}
NL='
'
known=' '
while read -r verb marker group start stop; do
  case $known in *" $marker "*) known="\${known%% $marker *} \${known#* $marker }" ;; esac
  case "$verb $group" in
    'add none' | 'add '[2-9] | 'add '[1-9]*[0-9])
      known="$known$marker "
      eval "group_$marker=\\$group start_$marker=\\$start stop_$marker=\\$stop" ;;
  esac
  echo
done
each() { # COMMAND...: runs it with GROUP MARKER START of each family that is left
  for marker in $known; do
    eval "its_group=\\$group_$marker its_start=\\$start_$marker stop=\\$stop_$marker"
    "$@" "$its_group" "$marker" "$its_start"
  done
}
by_command() { [ -n "$stop" ] && { PID=$1; export PID; eval "$stop" </dev/null >/dev/null 2>&1 & } }
by_term() { [ -n "$stop" ] || hit TERM "$@" >/dev/null; }
by_late_term() { [ -z "$stop" ] || hit TERM "$@" >/dev/null; }
left() { [ -n "$(each family)" ]; }
wait_tenths() { # COUNT: waits so long while somebody is left
  tenths=$1
  while [ "$tenths" -gt 0 ] && left; do sleep 0.1; tenths=$((tenths - 1)); done
}
[ "$known" = ' ' ] && exit 0
each by_command
each by_term
wait_tenths $((GRACE / 2))
each by_late_term
wait_tenths $((GRACE - GRACE / 2))
for round in 1 2 3 4 5; do
  left || exit 0
  each hit KILL >/dev/null
  sleep 0.1
done`;

export interface GuardOptions {
  /** Seconds between TERM and KILL after our death, in tenths. Default 1. */
  readonly graceSeconds?: number;
  /** The environment that stop commands run in. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Sees to it that children die with us, also when we are killed with SIGKILL. */
export interface Guard {
  /** The guard's own pid. */
  readonly pid: number;
  /** Settles when the guard has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /**
   * Puts a family under guard, from when this settles; one that is known by its marker already gets the new facts.
   *
   * @param stopCommand run at our death in place of the first TERM
   */
  add(family: ProcessFamily, stopCommand?: readonly string[]): Promise<void>;
  /** Takes a family away again: once its processes are gone the number may come to belong to others. */
  del(marker: string): Promise<void>;
  /** Ends the guard. Families that were not taken away are killed as if we had died. Settles when it is gone. */
  close(): Promise<void>;
}

/**
 * Starts a guard: a shell of 2 MB in a session of its own, waiting at the end of a pipe. It never keeps us alive.
 *
 * @throws HearthError `start-failed`
 */
export async function startGuard(
  runtime: Pick<Runtime, "spawn">,
  options: GuardOptions = {},
): Promise<Guard> {
  const { graceSeconds = 1, env = { PATH: "/usr/bin:/bin" } } = options;
  const shell: Subprocess = await runtime.spawn(["/bin/sh", "-c", SCRIPT], {
    cwd: "/",
    env: { ...env, GRACE: String(Math.round(graceSeconds * 10)) },
    stdin: "pipe",
    stdout: "pipe",
    background: true,
  });
  const known = acknowledgements(shell);
  const tell = async (words: readonly string[]) => {
    const line = new TextEncoder().encode(`${words.join(" ")}\n`);
    await Promise.all([shell.stdin?.send([line]), known.next()]);
  };
  return {
    pid: shell.pid,
    ended: shell.exited.then(() => {}),
    async add(family, stopCommand = []) {
      const [group = "", marker = "", start = ""] = argumentsOf(family);
      // 0 and 1 would mean our own group and everybody's.
      if (!/^(?:none|[1-9]\d+|[2-9])$/.test(group) || !/^[0-9a-f]+$/.test(marker))
        throw new RangeError(`${group}, ${marker}: no family to guard`);
      await tell(["add", marker, group, start, stopWords(stopCommand)]);
    },
    del: (marker) => tell(["del", marker]),
    async close() {
      shell.stdin?.end();
      await shell.exited;
    },
  };
}

/** Longest wait for an answer. Its timer also keeps a program alive that has nothing else to do: the guard never does. */
const ANSWER_MS = 2000;

/** The guard's answers, in the order of what it was told; a guard that is gone answers nothing, and nobody waits for it. */
function acknowledgements({ exited, stdout }: Subprocess): { next(): Promise<void> } {
  const waiting: (() => void)[] = [];
  let isGone = false;
  const read = async () => {
    for await (const chunk of stdout ?? []) {
      for (const byte of chunk) if (byte === NEWLINE) waiting.shift()?.();
    }
  };
  void read().catch(() => {});
  void exited.then(() => {
    isGone = true;
    for (const goOn of waiting.splice(0)) goOn();
  });
  return {
    async next() {
      if (isGone) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER_MS);
        waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

const NEWLINE = 10;

/** A command as one line for the guard's shell, which runs nothing of it but the program with its arguments. */
function stopWords(command: readonly string[]): string {
  return command.map((word) => quote(word).replaceAll("\n", `'"$NL"'`)).join(" ");
}
