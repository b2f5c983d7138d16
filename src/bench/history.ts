import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HearthError } from "../errors.ts";
import type { Report } from "./report/report.ts";

/** A run that is kept, with the one number by which runs are compared. */
export interface Recorded {
  /** Which benchmark. */
  readonly kind: string;
  /** What was measured, such as a model: runs of one kind and subject can be compared. */
  readonly subject: string;
  /** ISO 8601. */
  readonly time: string;
  readonly headline: Headline;
  /** The command line that made it. */
  readonly command: string;
  /** All that was found, as `--json` prints it. */
  readonly result: unknown;
  /** Answers that were taken over from an earlier run, and all; absent where everything was measured. */
  readonly reused?: { readonly answers: number; readonly of: number };
  /** The same for people; runs of earlier versions have none. */
  readonly report?: Report;
}

/** A run with the name that it was kept under. */
export interface StoredRun extends Recorded {
  readonly id: string;
}

export interface Headline {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly isLessBetter: boolean;
}

/** The runs that were kept in a folder, a file each. */
export class BenchHistory {
  readonly #folder: string;

  /** @param stateFolder hearth's own; nothing is made before something is kept */
  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, "bench");
  }

  keep(run: Recorded): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, `${run.time.replaceAll(":", "-")}-${run.kind}.json`);
    writeFileSync(`${path}.new`, JSON.stringify(run), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  /** All runs, the oldest first; a file that can't be read is left out. */
  list(): readonly StoredRun[] {
    return this.#names().flatMap((name) => this.#read(name) ?? []);
  }

  /** The run of an id that `list` gave. Throws `file-not-found`. */
  find(id: string): StoredRun {
    const name = `${id}.json`;
    const run = this.#names().includes(name) ? this.#read(name) : undefined;
    if (run === undefined) throw new HearthError("file-not-found", "No such run was kept");
    return run;
  }

  /** The last run of this kind and subject that measured anything; undefined: there was none. */
  last(kind: string, subject: string): StoredRun | undefined {
    return this.list().findLast((run) => run.kind === kind && run.subject === subject && !isRepeated(run));
  }

  #read(name: string): StoredRun | undefined {
    try {
      const run = JSON.parse(readFileSync(join(this.#folder, name), "utf8")) as Recorded;
      const isRun = typeof run.kind === "string" && typeof run.headline.value === "number";
      return isRun ? { ...run, id: name.slice(0, -".json".length) } : undefined;
    } catch {
      return undefined;
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith(".json"))
        .sort();
    } catch {
      return []; // nothing was kept yet
    }
  }
}

/** Nothing was measured: all is taken over from an earlier run. */
export function isRepeated({ reused }: Pick<Recorded, "reused">): boolean {
  return reused !== undefined && reused.answers === reused.of;
}

/** How a run stands beside an earlier one, in words; a difference under 5 % is none that one run could show. */
export function comparisonText(now: Headline, before: Recorded): string {
  const ratio = now.value / before.headline.value;
  const percent = Math.abs((ratio - 1) * 100);
  const when = before.time.slice(0, 16).replace("T", " ");
  if (!Number.isFinite(ratio) || percent < 5) return `much as the run of ${when}`;
  const isBetter = ratio < 1 === now.isLessBetter;
  return `${percent.toFixed(0)} % ${isBetter ? "better" : "worse"} than the run of ${when}`;
}
