import { CommitParser } from "conventional-commits-parser";
import { runTool } from "./run-tool.ts";

/** A commit whose title says of which kind it is. */
export interface ConventionalCommit {
  /** Short hash. */
  readonly hash: string;
  /** Such as `feat`; undefined when the title has none. */
  readonly type: string | undefined;
  readonly scope: string | undefined;
  readonly subject: string;
  /** What no longer works as before: the note's text, or the subject of a title with `!`. */
  readonly breaking: string | undefined;
}

/** Parts one field of git's output from the next, and one commit from the next. */
const FIELD = "\u001f";
const RECORD = "\u001e";

const parser = new CommitParser({
  headerPattern: /^(\w+)(?:\(([^)]*)\))?(!)?: (.+)$/,
  headerCorrespondence: ["type", "scope", "bang", "subject"],
  noteKeywords: ["BREAKING CHANGE", "BREAKING-CHANGE"],
});

/**
 * The commits of a range, oldest first, without merges.
 *
 * @param from a tag or another ref that is not part of it any more; undefined: from the first commit on
 */
export async function readCommits(
  project: string,
  from: string | undefined,
  to: string,
): Promise<ConventionalCommit[]> {
  const range = from === undefined ? to : `${from}..${to}`;
  const format = `--format=%h${FIELD}%B${RECORD}`;
  const log = await runTool(["git", "log", "--reverse", "--no-merges", format, range, "--"], {
    cwd: project,
  });
  const records = log.split(RECORD).map((record) => record.trim());
  return records
    .filter((record) => record !== "")
    .map((record) => {
      const [hash = "", message = ""] = record.split(FIELD);
      return parseCommit(hash, message);
    });
}

/** Reads one message, as https://www.conventionalcommits.org has it. */
export function parseCommit(hash: string, message: string): ConventionalCommit {
  const parsed = parser.parse(message.trim() === "" ? "(no title)" : message);
  const subject = parsed["subject"] ?? parsed.header ?? "";
  const note = parsed.notes[0]?.text.trim();
  const breaking = note ?? (parsed["bang"] === "!" ? subject : undefined);
  return {
    hash,
    type: parsed["type"]?.toLowerCase() ?? undefined,
    scope: parsed["scope"] ?? undefined,
    subject,
    breaking,
  };
}

/** The newest tag of a version before `to`; undefined: there is none yet. */
export async function lastTag(project: string, to: string): Promise<string | undefined> {
  try {
    // The commit itself may carry the tag of the version that is being made.
    const tag = await runTool(["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", `${to}^`], {
      cwd: project,
    });
    return tag.trim();
  } catch {
    return undefined;
  }
}
