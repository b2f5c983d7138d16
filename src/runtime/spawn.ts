import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { HearthError } from "../errors.ts";
import { childEnvironment } from "./child-environment.ts";
import { withoutDescriptors } from "./close-descriptors.ts";
import { MARKER_VARIABLE } from "./family-script.ts";
import { checkFolder, findProgram } from "./find-program.ts";
import type { SpawnOptions, Subprocess } from "./types.ts";
import { writeAll } from "./write-all.ts";

/**
 * `Runtime.spawn` through `node:child_process`, which behaves alike on all runtimes.
 *
 * @param leaksDescriptors whether the runtime passes on descriptors that it inherited
 */
export async function spawnProcess(
  command: readonly [string, ...string[]],
  options: SpawnOptions,
  leaksDescriptors: boolean,
): Promise<Subprocess> {
  const [name, ...args] = command;
  const inherited = childEnvironment(options.env ?? process.env);
  const env = options.marker === undefined ? inherited : { ...inherited, [MARKER_VARIABLE]: options.marker };
  if (options.cwd !== undefined) checkFolder(options.cwd);
  const program = findProgram(name, options.cwd ?? process.cwd(), env["PATH"] ?? "/usr/bin:/bin");
  const exact: [string, ...string[]] = [program, ...args];
  const [file, ...rest] = options.background && leaksDescriptors ? withoutDescriptors(exact) : exact;
  const child = spawn(file, rest, {
    env,
    detached: true, // its own session and process group on every runtime
    stdio: [options.stdin ?? "ignore", options.stdout ?? "ignore", options.stderr ?? "ignore"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const exited = exitOf(child);
  await started(child, name);
  if (options.background) unref(child);
  return subprocess(child, exited);
}

async function started(child: ChildProcess, name: string): Promise<void> {
  try {
    if (child.pid === undefined) await once(child, "spawn");
  } catch (cause) {
    throw new HearthError("start-failed", `Cannot start ${name}`, { cause });
  }
}

function exitOf(child: ChildProcess): Subprocess["exited"] {
  return new Promise((resolve) => {
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
    child.once("error", () => resolve({ exitCode: null, signal: null }));
  });
}

function unref(child: ChildProcess): void {
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) {
    (pipe as { unref?: () => void } | null)?.unref?.();
  }
}

function subprocess(child: ChildProcess, exited: Subprocess["exited"]): Subprocess {
  const pid = child.pid as number;
  return {
    pid,
    exited,
    stdin: inputOf(child),
    stdout: child.stdout === null ? undefined : bytesOf(child.stdout),
    stderr: child.stderr === null ? undefined : bytesOf(child.stderr),
    kill: (signal) => signalGroup(pid, signal),
  };
}

function inputOf(child: ChildProcess): Subprocess["stdin"] {
  const { stdin } = child;
  if (stdin === null) return undefined;
  stdin.on("error", () => {}); // EPIPE: the child has closed its end
  return {
    send: (chunks) => writeAll(stdin, chunks),
    end: () => void stdin.end(),
  };
}

function bytesOf(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
}

/**
 * Signals a process group.
 *
 * @returns false when nobody is left in it
 */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}
