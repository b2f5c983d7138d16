import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HearthError, isFaultCode } from "../errors.ts";
import type { Instance } from "./instance.ts";

/** How much of the end of a dead server's output is looked at. */
const OUTPUT_CHARACTERS = 4000;

function failurePath(instance: Instance): string {
  return join(instance.folder, "start-failure.json");
}

/** Server side: leaves for the clients that wait why a background server could not start. Never throws. */
export function writeStartFailure(instance: Instance, error: unknown): void {
  const known = error instanceof HearthError ? error : undefined;
  const failure = {
    timeMs: Date.now(),
    code: known?.code ?? "start-failed",
    message:
      known?.message ?? `The server could not start: ${error instanceof Error ? error.message : error}`,
    hint: known?.hint,
  };
  try {
    const path = failurePath(instance);
    writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(failure)}\n`, { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // No folder to write to: the clients say what they find in its output, or that it ended.
  }
}

/** Client side: forgets what an earlier server left. */
export function removeStartFailure(instance: Instance): void {
  rmSync(failurePath(instance), { force: true });
}

/** The failure that a server left at `sinceMs` (since the epoch) or later; undefined without one. */
export function readStartFailure(instance: Instance, sinceMs: number): HearthError | undefined {
  try {
    const failure = JSON.parse(readFileSync(failurePath(instance), "utf8")) as Record<string, unknown>;
    const { timeMs, code, message, hint } = failure;
    if (typeof timeMs !== "number" || timeMs < sinceMs || typeof message !== "string") return undefined;
    const options = typeof hint === "string" ? { hint } : {};
    return new HearthError(isFaultCode(code) ? code : "start-failed", message, options);
  } catch {
    return undefined;
  }
}

/** What to say of a server that died without a word of its own: the last line that it printed. */
export function failureFromOutput(instance: Instance, exit: string): HearthError {
  const line = lastOutput(instance);
  const said = line === undefined ? "" : `: ${line}`;
  return new HearthError("start-failed", `The server ended (${exit}) before it was ready${said}`, {
    hint: `Its output is in ${instance.startLogPath}.`,
  });
}

/** The last line that a server printed; undefined without one. */
function lastOutput(instance: Instance): string | undefined {
  return outputLines(instance).at(-1);
}

/** The first line that who was to start a server printed, the others being advice; undefined without one. */
export function firstOutput(instance: Instance): string | undefined {
  return outputLines(instance)[0];
}

function outputLines({ startLogPath }: Instance): string[] {
  try {
    const lines = readFileSync(startLogPath, "utf8").slice(-OUTPUT_CHARACTERS).split("\n");
    return lines.map((line) => line.trim()).filter((line) => line !== "");
  } catch {
    return [];
  }
}
