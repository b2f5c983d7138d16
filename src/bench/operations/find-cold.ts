import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What reads a table and prints it as JSON, from a cold start; `{file}` is the table. */
const CANDIDATES: readonly { readonly needs: string; readonly command: readonly [string, ...string[]] }[] = [
  {
    needs: "import pandas",
    command: [
      "python3",
      "-c",
      "import sys, pandas; print(pandas.read_csv(sys.argv[1]).to_json(orient='records'))",
      "{file}",
    ],
  },
  {
    needs: "",
    command: [
      "python3",
      "-c",
      "import csv, json, sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1])))))",
      "{file}",
    ],
  },
];

/** A cold command that runs on this machine: Python with pandas, else Python alone; undefined: there is neither. */
export async function findColdCommand(): Promise<readonly [string, ...string[]] | undefined> {
  for (const { command, needs } of CANDIDATES) {
    try {
      await run(command[0], ["-c", needs], { timeout: 30_000 });
      return command;
    } catch {
      // Not there: the next one.
    }
  }
  return undefined;
}
