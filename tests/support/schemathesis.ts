import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describedPlace } from "./described-place.ts";
import { pythonWithSchemathesis } from "./python.ts";
import { run } from "./run.ts";
import { startServer } from "./server.ts";
import { PROJECT, type Target } from "./targets.ts";

/** What schemathesis tries: requests from examples, from the bounds of each schema, made up, and one after another. */
export interface Attack {
  readonly phases: readonly ("examples" | "coverage" | "fuzzing" | "stateful")[];
  /** Made-up requests for each endpoint, or sequences of them. */
  readonly examples: number;
  readonly seed: number;
  /** As whom: a guest where nothing is asked for, or by a key marked `admin`, without which nothing is let in. */
  readonly as: "guest" | "admin";
  readonly timeoutMs: number;
}

/** What came of it. */
export interface AttackResult {
  /** What is wrong, with the requests that show it; "" when nothing is. */
  readonly findings: string;
  /** Requests that were made. */
  readonly requests: number;
  /** Lines of the server's log about faults of its own. */
  readonly faults: readonly string[];
  /** Statuses of a ping afterwards. */
  readonly ping: number;
}

const FILES = join(PROJECT, "tests", "contract");
const KEY = "a-key-of-the-tests";

/** Lets schemathesis loose on a server; undefined where there is no Python. */
export async function attack(target: Target, how: Attack): Promise<AttackResult | undefined> {
  const python = await pythonWithSchemathesis();
  if (python === undefined) return undefined;
  const isAdmin = how.as === "admin";
  const place = describedPlace(isAdmin ? `apiKeys: [{key: ${KEY}, admin: true}]\n` : "");
  const server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  const folder = mkdtempSync(join(tmpdir(), "hearth-schemathesis-"));
  try {
    const options = {
      phases: how.phases.join(","),
      "max-examples": how.examples,
      seed: how.seed,
      ...(isAdmin ? { header: `Authorization: Bearer ${KEY}` } : {}),
    };
    const command = [
      join(dirname(python), "schemathesis"),
      `--config-file=${join(FILES, "schemathesis.toml")}`,
      "run",
      `${server.url}/openapi.json`,
      "--no-color",
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    ];
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      PYTHONHASHSEED: "0",
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONPATH: FILES,
      SCHEMATHESIS_HOOKS: "schemathesis_hooks",
    };
    const { exitCode, stderr, stdout } = await run(command, { cwd: folder, env, timeoutMs: how.timeoutMs });
    const isFine = exitCode === 0;
    return {
      findings: isFine ? "" : `${stdout}\n${stderr}`,
      requests: Number(/(\d+) generated/.exec(stdout)?.[1] ?? 0),
      faults: faultsIn(place.env["HEARTH_STATE_DIR"] as string),
      ping: (await server.get("/api/ping")).status,
    };
  } finally {
    await server.stop();
    place.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function faultsIn(stateFolder: string): readonly string[] {
  const instances = join(stateFolder, "instances");
  const logs = readdirSync(instances).map((name) => readFileSync(join(instances, name, "log"), "utf8"));
  return logs.flatMap((log) =>
    log.split("\n").filter((line) => line.includes('"message":"a request failed"')),
  );
}
