import type { ConventionalCommit } from "./commits.ts";

/** Kinds of commits by their headings, in the order in which they matter to a user. */
const SECTIONS: readonly (readonly [title: string, types: readonly string[]])[] = [
  ["Features", ["feat"]],
  ["Fixes", ["fix"]],
  ["Performance", ["perf"]],
  ["Documentation", ["docs"]],
  ["Maintenance", ["refactor", "build", "ci", "test", "bench", "chore", "style", "revert"]],
];

/** What changed in a version. */
export interface VersionChanges {
  readonly version: string;
  /** Where the range begins, for the reader: a tag, or undefined for the first version. */
  readonly from: string | undefined;
  readonly commits: readonly ConventionalCommit[];
  /** The version's own section of CHANGELOG.md, written by people; empty: there is none. */
  readonly summary: string;
}

/** The changelog of one version as Markdown: what people wrote, what no longer works as before, then the commits by kind. */
export function renderChanges({ version, from, commits, summary }: VersionChanges): string {
  const breaking = commits.filter((commit) => commit.breaking !== undefined);
  const known = new Set(SECTIONS.flatMap(([, types]) => types));
  const parts = [
    `# hearth ${version}`,
    summary,
    section(
      "Breaking changes",
      breaking.map((commit) => ({ ...commit, subject: commit.breaking ?? "" })),
    ),
    ...SECTIONS.map(([title, types]) =>
      section(
        title,
        commits.filter(({ type = "" }) => types.includes(type)),
      ),
    ),
    section(
      "Other",
      commits.filter(({ type = "" }) => !known.has(type)),
    ),
    from === undefined ? "" : `All commits since ${from}.`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** The text below the heading of a version in CHANGELOG.md; empty: it has none. */
export function changelogSection(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((text) => text.split(/\s/, 1)[0] === version);
  return found === undefined ? "" : found.slice(found.indexOf("\n") + 1).trim();
}

function section(title: string, commits: readonly ConventionalCommit[]): string {
  if (commits.length === 0) return "";
  return `## ${title}\n\n${commits.map((commit) => `- ${line(commit)}`).join("\n")}`;
}

function line({ scope, subject, hash }: ConventionalCommit): string {
  const text = subject.replaceAll(/\s+/g, " ").trim();
  return `${scope === undefined || scope === "" ? "" : `**${scope}**: `}${text} (${hash})`;
}
