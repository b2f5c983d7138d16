import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessFamily, ProcessIdentity, Runtime } from "../../runtime/types.ts";
import { pause } from "./wait.ts";

/** What a hearth wrote down about its children, so that a later one finds what was left of them. */
interface Written {
  readonly hearth: ProcessIdentity;
  readonly families: readonly ProcessFamily[];
}

const NAME = /^children-\d+\.json$/;
const GRACE_MS = 1000;
const LOOK_MS = 100;

/** Keeps one file up to date with the families that run, in the folder of an instance. */
export class ChildrenRecord {
  readonly #path: string;
  readonly #hearth: ProcessIdentity;
  readonly #onProblem: (message: string, cause: unknown) => void;
  readonly #families = new Map<string, ProcessFamily>();

  constructor(folder: string, hearth: ProcessIdentity, onProblem: (message: string, cause: unknown) => void) {
    this.#path = join(folder, `children-${hearth.pid}.json`);
    this.#hearth = hearth;
    this.#onProblem = onProblem;
  }

  note(family: ProcessFamily, isThere: boolean): void {
    if (isThere) this.#families.set(family.marker, family);
    else this.#families.delete(family.marker);
    try {
      if (this.#families.size === 0) rmSync(this.#path, { force: true });
      else this.#write({ hearth: this.#hearth, families: [...this.#families.values()] });
    } catch (error) {
      this.#onProblem("the list of running model servers can't be written", error);
    }
  }

  #write(written: Written): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify(written), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/**
 * Ends what hearths that are gone have left running, and forgets it. A family is told by its leader's pid and start, and
 * by its marker: nobody else's process is touched. Gives the pids that were there.
 */
export async function endLeftovers(
  folder: string,
  runtime: Pick<Runtime, "identify" | "familyOf" | "signalFamily">,
): Promise<readonly number[]> {
  const ended: number[] = [];
  for (const name of readdirSync(folder).filter((each) => NAME.test(each))) {
    const path = join(folder, name);
    const written = read(path);
    const living = written === undefined ? undefined : await runtime.identify(written.hearth.pid);
    if (living !== undefined && living.startedAt === written?.hearth.startedAt) continue;
    for (const family of written?.families ?? []) ended.push(...(await endFamily(family, runtime)));
    rmSync(path, { force: true });
  }
  return ended;
}

async function endFamily(
  family: ProcessFamily,
  runtime: Pick<Runtime, "familyOf" | "signalFamily">,
): Promise<readonly number[]> {
  const pids = await runtime.signalFamily(family, "SIGTERM");
  if (pids.length === 0) return pids;
  const deadlineMs = performance.now() + GRACE_MS;
  while ((await runtime.familyOf(family)).length > 0 && performance.now() < deadlineMs) await pause(LOOK_MS);
  await runtime.signalFamily(family, "SIGKILL");
  return pids;
}

/** A file that can't be read tells nothing that could be used safely. */
function read(path: string): Written | undefined {
  try {
    const written = JSON.parse(readFileSync(path, "utf8")) as Written;
    return typeof written.hearth.pid === "number" && Array.isArray(written.families) ? written : undefined;
  } catch {
    return undefined;
  }
}
