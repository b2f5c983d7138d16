import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HearthError } from "../../errors.ts";
import { MARKER_VARIABLE } from "../../runtime/family-script.ts";

/** Python runs the lines of such files at each start that begin with `import`; see the module `site`. */
const NAME = "hearth-lynguine.pth";

/** A Python environment's file that puts hearth in the place of lynguine's server. */
export interface StartFile {
  readonly path: string;
  /** Its text; undefined when there is none. */
  read(): string | undefined;
  /** Throws `file-failed`. */
  write(text: string): void;
  /** False when there was none. Throws `file-failed`. */
  remove(): boolean;
}

/** @param packages the environment's `site-packages` folder */
export function startFileIn(packages: string): StartFile {
  const path = join(packages, NAME);
  return {
    path,
    read: () => readIfThere(path),
    write(text) {
      // Written beside and renamed: a Python that starts meanwhile must not run half a line.
      const temporary = `${path}.${process.pid}.tmp`;
      explained(path, () => {
        writeFileSync(temporary, text, { flag: "wx" });
        renameSync(temporary, path);
      });
    },
    remove: () => explained(path, () => readIfThere(path) !== undefined && (rmSync(path), true)),
  };
}

/**
 * The text of the file: Python becomes hearth when it is about to be `python -m lynguine.server`, in the same process,
 * folder and environment; all other programs compare one list and go on. Where hearth is gone Python says so and goes on
 * to lynguine's own server. Before Python 3.10 there is no `sys.orig_argv`, and nothing happens.
 *
 * @param command what starts hearth's server; the flags of lynguine's server follow
 */
export function startFileText(command: readonly string[]): string {
  const parts = [
    "import sys",
    'a = getattr(sys, "orig_argv", [])',
    'i = a.index("lynguine.server") if "lynguine.server" in a else 0',
    `c = ${JSON.stringify(command)}`,
    'o = __import__("os")',
    // A server that is started from within a model server must not be one of its family.
    `i and a[i - 1] == "-m" and (o.environ.pop("${MARKER_VARIABLE}", None), o.execv(c[0], c + a[i + 1:]))`,
  ];
  return `${parts.join("; ")}\n`;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failed(path, error);
  }
}

function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof HearthError ? error : failed(path, error);
  }
}

function failed(path: string, cause: unknown): HearthError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new HearthError("file-failed", `Cannot write ${path} (${reason})`, {
    hint: "The environment must be one that you may change, such as a virtual environment of your own.",
    cause,
  });
}
