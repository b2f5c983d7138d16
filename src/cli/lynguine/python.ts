import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HearthError } from "../../errors.ts";

const run = promisify(execFile);

/** A Python environment. */
export interface PythonEnvironment {
  /** The interpreter, as it calls itself. */
  readonly program: string;
  /** Such as "3.11". */
  readonly version: string;
  /** The folder that packages are installed to. */
  readonly packages: string;
  /** lynguine's version there; null when it is not installed. */
  readonly lynguine: string | null;
}

const ASK = `
import json, sys, sysconfig
from importlib.metadata import version
try:
    lynguine = version("lynguine")
except Exception:
    lynguine = None
print(json.dumps({"program": sys.executable, "version": "%d.%d" % sys.version_info[:2],
                  "packages": sysconfig.get_path("purelib"), "lynguine": lynguine}))
`;

/** Asks an interpreter about its environment. Throws `usage` for what is no Python 3. */
export async function askPython(program: string): Promise<PythonEnvironment> {
  try {
    const { stdout } = await run(program, ["-c", ASK], { timeout: 30_000, encoding: "utf8" });
    return JSON.parse(stdout) as PythonEnvironment;
  } catch (cause) {
    throw new HearthError("usage", `${program} does not run as Python 3`, {
      hint: "Name the interpreter of the environment that has lynguine: --python .venv/bin/python",
      cause,
    });
  }
}
