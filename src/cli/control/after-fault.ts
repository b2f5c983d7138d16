import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { FAULT_EXIT_CODE } from "../../lifecycle/process-faults.ts";
import type { RunningServer } from "../../lifecycle/running-server.ts";
import type { Runtime } from "../../runtime/types.ts";
import { say } from "../print.ts";

/** Fresh processes within a minute; one that fails more often stays away. */
const MOST_STARTS = 3;
const MINUTE_MS = 60_000;

export interface FailedServer {
  readonly runtime: Runtime;
  /** It has ended, and everything that it held is free. */
  readonly server: Pick<RunningServer, "instance" | "roots" | "startedHow">;
  /** The roots that it began with. */
  readonly firstRoots: readonly string[];
  readonly command: {
    readonly isBackground: boolean;
    readonly isSupervised: boolean;
    readonly faults: readonly number[];
  };
}

/**
 * What follows a server that ended for an error that belongs to no request. A service's manager starts it again, one that
 * a client started comes back with the next call; one that was started by hand in the background starts its successor, and
 * in the foreground a fresh process goes on in its place. Gives the exit code.
 */
export async function afterFault(failed: FailedServer): Promise<number> {
  const { command, server } = failed;
  if (command.isSupervised || server.startedHow === "service") return FAULT_EXIT_CODE;
  if (!command.isBackground) return await goOnInForeground(failed);
  if (server.startedHow === "by-hand") await startSuccessor(failed);
  return FAULT_EXIT_CODE;
}

/** The failures of the last minute with the one of now; undefined: too many to start again. */
export function countFault(faults: readonly number[], nowMs: number): readonly number[] | undefined {
  const recent = faults.filter((timeMs) => nowMs - timeMs < MINUTE_MS);
  return recent.length >= MOST_STARTS ? undefined : [...recent, nowMs];
}

async function startSuccessor(failed: FailedServer): Promise<void> {
  const { command, runtime, server } = failed;
  const faults = countFault(command.faults, Date.now());
  if (faults === undefined) return;
  const output = openSync(server.instance.startLogPath, "a", 0o600);
  const words = [...wordsAgain(failed), "--faults", faults.join(",")];
  // A client may have started the one that was taken over by hand later.
  if (!words.includes("--started-by-hand")) words.push("--started-by-hand");
  await runtime.spawn(runtime.selfCommand(words as [string, ...string[]]), {
    background: true,
    stdout: output,
    stderr: output,
  });
}

/** This process holds the terminal, so it stays, and hands signals on. */
async function goOnInForeground(failed: FailedServer): Promise<number> {
  const words = [...wordsAgain(failed), "--supervised"];
  let faults = failed.command.faults;
  // What the failed server left running may throw once more; all that counts here is to stay beside the fresh process.
  for (const name of ["uncaughtException", "unhandledRejection"]) process.on(name, () => {});
  for (;;) {
    const counted = countFault(faults, Date.now());
    if (counted === undefined) {
      say(`hearth failed ${MOST_STARTS + 1} times within a minute; \`hearth logs\` tells why`);
      return FAULT_EXIT_CODE;
    }
    faults = counted;
    say("hearth failed; a fresh process goes on");
    const exitCode = await runToEnd(failed.runtime, words);
    if (exitCode !== FAULT_EXIT_CODE) return exitCode;
  }
}

async function runToEnd(runtime: Runtime, words: readonly string[]): Promise<number> {
  const [program, ...args] = runtime.selfCommand(words);
  const child = spawn(program, args, { stdio: "inherit" });
  const removers = (["SIGTERM", "SIGINT", "SIGHUP"] as const).map((name) =>
    // Ctrl-C reaches the child by itself: it is of our group.
    runtime.onSignal(name, () => void (name === "SIGINT" || child.kill(name))),
  );
  return await new Promise((resolve) => {
    const end = (exitCode: number) => {
      for (const remove of removers) remove();
      resolve(exitCode);
    };
    child.once("exit", (code) => end(code ?? 1));
    child.once("error", () => end(1));
  });
}

/** Our own words once more, with the roots that were added meanwhile and without what an earlier failure put there. */
function wordsAgain({ firstRoots, server }: FailedServer): string[] {
  const words = process.argv.slice(2);
  const at = words.indexOf("--faults");
  if (at >= 0) words.splice(at, 2);
  const added = server.roots.filter((root) => !firstRoots.includes(root));
  return [...words, ...added.flatMap((root) => ["--root", root])];
}
