import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../src/version.ts";
import { changelogSection, renderChanges } from "./changelog.ts";
import { lastTag, readCommits } from "./commits.ts";

/** Which commits are meant; both are git refs. */
export interface ChangesRange {
  /** Default: the tag of the version before; without one all commits. */
  readonly from?: string | undefined;
  /** Default: HEAD. */
  readonly to?: string | undefined;
}

/** The changelog of the version that the project is at, as Markdown. */
export async function readChanges(project: string, { from, to = "HEAD" }: ChangesRange): Promise<string> {
  const start = from ?? (await lastTag(project, to));
  const commits = await readCommits(project, start, to);
  const summary = changelogSection(readFileSync(join(project, "CHANGELOG.md"), "utf8"), VERSION);
  return renderChanges({ version: VERSION, from: start, commits, summary });
}
