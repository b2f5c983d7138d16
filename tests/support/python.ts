import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { PROJECT } from "./targets.ts";

/** The release whose wire the contract describes, with the pandas that its answers were recorded with. */
const PACKAGES = ["lynguine==0.1.2", "pandas==2.3.3", "requests"];

const FOLDER = join(PROJECT, "node_modules", ".cache", "hearth-python");
const COMPLETE = join(FOLDER, PACKAGES.join("-").replaceAll(/[^\w.-]/g, ""));

/**
 * The interpreter of a virtual environment with the real client in it, made once (some 20 s) and kept for the next run.
 *
 * @returns undefined where there is no Python 3 or no package index; never so under CI, where that is a failure
 */
export async function pythonWithClient(): Promise<string | undefined> {
  const python = join(FOLDER, "bin", "python");
  if (existsSync(COMPLETE)) return python;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(join(FOLDER, ".."), { recursive: true });
  const steps = [
    ["python3", "-m", "venv", FOLDER],
    [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES],
  ];
  for (const step of steps) {
    const failed = await runStep(step);
    if (failed === undefined) continue;
    if (process.env["CI"] !== undefined) throw new Error(failed);
    console.error(`The tests of the Python client are skipped: ${failed}`);
    return undefined;
  }
  writeFileSync(COMPLETE, "");
  return python;
}

async function runStep(command: readonly string[]): Promise<string | undefined> {
  try {
    const env = process.env as Record<string, string>;
    const { exitCode, stderr } = await run(command, { cwd: PROJECT, env, timeoutMs: 300_000 });
    return exitCode === 0 ? undefined : `${command.join(" ")}: ${stderr.trim()}`;
  } catch (error) {
    return `${command[0]}: ${String(error)}`;
  }
}
