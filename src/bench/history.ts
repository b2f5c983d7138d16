import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

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
  list(): readonly Recorded[] {
    return this.#names().flatMap((name) => {
      try {
        const run = JSON.parse(readFileSync(join(this.#folder, name), "utf8")) as Recorded;
        return typeof run.kind === "string" && typeof run.headline.value === "number" ? run : [];
      } catch {
        return [];
      }
    });
  }

  /** The last run of this kind and subject; undefined: there was none. */
  last(kind: string, subject: string): Recorded | undefined {
    return this.list().findLast((run) => run.kind === kind && run.subject === subject);
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

/** How a run stands beside an earlier one, in words; a difference under 5 % is none that one run could show. */
export function comparisonText(now: Headline, before: Recorded): string {
  const ratio = now.value / before.headline.value;
  const percent = Math.abs((ratio - 1) * 100);
  const when = before.time.slice(0, 16).replace("T", " ");
  if (!Number.isFinite(ratio) || percent < 5) return `much as the run of ${when}`;
  const isBetter = ratio < 1 === now.isLessBetter;
  return `${percent.toFixed(0)} % ${isBetter ? "better" : "worse"} than the run of ${when}`;
}
