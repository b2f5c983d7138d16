import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { PROJECT } from "./targets.ts";
import { until } from "./until.ts";

/** The release whose wire the contract describes, with the pandas that its answers were recorded with, and what notebooks use. */
const LYNGUINE = ["lynguine==0.1.2", "pandas==2.3.3", "requests", "openai"];
const SCHEMATHESIS = ["schemathesis==4.32.5"];
const MLX = [process.platform === "darwin" ? "mlx" : "mlx[cpu]", "mlx-lm==0.32.2", "openai"];

/** What reads the answers of `/metrics` as Prometheus does, and spans as an OpenTelemetry collector does. */
const MONITORING = ["prometheus_client==0.26.0", "opentelemetry-proto==1.45.2"];

const CACHE = join(PROJECT, "node_modules", ".cache");

/**
 * The interpreter of a virtual environment with lynguine's real client in it.
 *
 * @returns undefined, with the reason on stderr, where there is no Python 3 or no package index that answers
 */
export async function pythonWithClient(): Promise<string | undefined> {
  return await alone(() => environment("hearth-python", LYNGUINE));
}

/** As `pythonWithClient`, with Prometheus' own parsers and OpenTelemetry's messages. */
export async function pythonWithMonitoring(): Promise<string | undefined> {
  return await alone(() => environment("hearth-monitoring", MONITORING));
}

/** As `pythonWithClient`, with schemathesis. */
export async function pythonWithSchemathesis(): Promise<string | undefined> {
  return await alone(() => environment("hearth-schemathesis", SCHEMATHESIS));
}

/** A Python with mlx-lm and openai in it, and a model of a megabyte that mlx-lm runs: real but for its answers. */
export interface MlxEnvironment {
  readonly python: string;
  /** The model's folder. */
  readonly model: string;
}

/** As `pythonWithClient`, with the real mlx-lm. */
export async function pythonWithMlx(): Promise<MlxEnvironment | undefined> {
  return await alone(mlxEnvironment);
}

async function mlxEnvironment(): Promise<MlxEnvironment | undefined> {
  const python = await environment("hearth-mlx", MLX);
  if (python === undefined) return undefined;
  const model = join(CACHE, "hearth-tiny-model");
  if (existsSync(join(model, "complete"))) return { python, model };
  rmSync(model, { recursive: true, force: true });
  const script = join(PROJECT, "tests/fixtures/models/make-tiny-model.py");
  const failed = await runStep([python, script, model]);
  if (failed !== undefined) throw new Error(failed);
  writeFileSync(join(model, "complete"), "");
  return { python, model };
}

/** Test files run side by side, and two of them may want the same environment. */
async function alone<T>(make: () => Promise<T>): Promise<T> {
  mkdirSync(CACHE, { recursive: true });
  const lock = join(CACHE, "hearth-python.lock");
  await until("nobody else makes an environment", () => takeLock(lock), 300_000);
  try {
    return await make();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (!isOwned(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function isOwned(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return true;
  } catch {
    return false;
  }
}

/** Makes a virtual environment once (20 s to a minute) and keeps it for the next run. */
async function environment(name: string, packages: readonly string[]): Promise<string | undefined> {
  const folder = join(CACHE, name);
  const python = join(folder, "bin", "python");
  const complete = join(folder, packages.join("-").replaceAll(/[^\w.-]/g, ""));
  if (existsSync(complete)) return python;
  rmSync(folder, { recursive: true, force: true });
  const steps = [
    ["python3", "-m", "venv", folder],
    [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages],
  ];
  for (const step of steps) {
    const failed = await runStep(step);
    if (failed === undefined) continue;
    if (await hasIndex(python)) throw new Error(failed);
    console.error(
      `Tests that need ${packages.join(", ")} are skipped, for there is no package index: ${failed}`,
    );
    return undefined;
  }
  writeFileSync(complete, "");
  return python;
}

/** True when a package index answers: then a failed installation is a fault and no reason to skip. */
async function hasIndex(python: string): Promise<boolean> {
  return (await runStep([python, "-m", "pip", "index", "versions", "pip"])) === undefined;
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
