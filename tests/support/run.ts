import { hearthCommand, type Target } from "./targets.ts";
import type { Place } from "./place.ts";

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs the command line on a target to its end, in the place's data folder. */
export async function hearth(
  target: Target,
  place: Place,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const finished = await run([...hearthCommand(target), ...args], {
    ...options,
    cwd: options.cwd ?? place.data,
    env: { ...place.env, ...options.env },
  });
  return { ...finished, stderr: finished.stderr.replace(STARTING, "") };
}

/** What a command says while it waits for its server for more than a second: whether it does depends on the machine. */
const STARTING = /^starting, [\d.]+ s\n/gm;

/** Runs any command to its end, collecting what it says. */
export async function run(
  command: readonly string[],
  options: RunOptions & { cwd: string; env: Record<string, string> },
): Promise<Finished> {
  const started = performance.now();
  const { stdin } = options;
  const child = Bun.spawn([...command], {
    cwd: options.cwd,
    env: options.env,
    stdin:
      stdin === undefined ? "ignore" : typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin,
    stdout: "pipe",
    stderr: "pipe",
    timeout: options.timeoutMs ?? 60_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const exitCode = await child.exited;
  return {
    exitCode: child.signalCode === null ? exitCode : null,
    stdout,
    stderr,
    durationMs: performance.now() - started,
  };
}
