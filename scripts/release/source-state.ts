import { runTool } from "./run-tool.ts";

/** The sources that a release is made from. */
export interface SourceState {
  /** Full hash; undefined outside a repository. */
  readonly commit: string | undefined;
  /** SOURCE_DATE_EPOCH (https://reproducible-builds.org), else the time of the commit, else 1980, where ZIP begins. */
  readonly time: Date;
  /** What keeps this from being a release that can be made again, as sentences. */
  readonly warnings: readonly string[];
}

/** Looks at the repository around a project. */
export async function readSourceState(project: string, version: string): Promise<SourceState> {
  const git = (...args: string[]) => runTool(["git", ...args], { cwd: project }).then((text) => text.trim());
  const epoch = process.env["SOURCE_DATE_EPOCH"];
  try {
    const [commit = "", seconds = ""] = (await git("log", "-1", "--format=%H %ct")).split(" ");
    const changed = await git("status", "--porcelain", "--untracked-files=no");
    const tags = (await git("tag", "--points-at", "HEAD")).split("\n");
    const warnings = [
      ...(changed === "" ? [] : ["Files differ from the last commit."]),
      ...(tags.includes(`v${version}`) ? [] : [`The commit has no tag v${version}.`]),
    ];
    return { commit, time: new Date(Number(epoch ?? seconds) * 1000), warnings };
  } catch {
    const time = new Date(Number(epoch ?? 315_532_800) * 1000);
    return { commit: undefined, time, warnings: ["This is no git repository: there is no changelog."] };
  }
}
