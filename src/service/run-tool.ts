import type { Environment } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import type { Runtime } from "../runtime/types.ts";

/** What a tool of the system said. */
export interface ToolResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** Its last line on standard error, else on standard output: why it failed, in its own words. */
  readonly reason: string;
}

/** Runs a tool of the system to its end; undefined when there is no such tool. */
export async function runTool(
  runtime: Runtime,
  env: Environment,
  command: readonly [string, ...string[]],
): Promise<ToolResult | undefined> {
  try {
    // Words and numbers, not those of the user's language; no pager.
    const toolEnv = { ...env, LC_ALL: "C", SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0" };
    const child = await runtime.spawn(command, { env: toolEnv, cwd: "/", stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr, { exitCode }] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, reason: lastLine(stderr) || lastLine(stdout) };
  } catch (error) {
    if (error instanceof HearthError && error.code === "start-failed") return undefined;
    throw error;
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
