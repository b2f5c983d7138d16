import compare from "semver/functions/compare.js";
import prerelease from "semver/functions/prerelease.js";
import valid from "semver/functions/valid.js";

/** How this version stands to what is announced. */
export interface Comparison {
  readonly current: string;
  /** The newest that is announced for this one; null: none is. */
  readonly newest: string | null;
  readonly isNewer: boolean;
}

/**
 * Compares by semantic versioning. A release is told of `latest`; a pre-release, such as `1.0.0-rc.1`, of `next` too.
 *
 * @param tags versions by tag, as a registry gave them: what is no version is left out
 */
export function compareVersions(current: string, tags: Readonly<Record<string, unknown>>): Comparison {
  const wanted = prerelease(current) === null ? ["latest"] : ["latest", "next"];
  const announced = wanted.flatMap((tag) => {
    const text = tags[tag];
    const version = typeof text === "string" ? valid(text) : null;
    return version === null ? [] : [version];
  });
  const newest = announced.toSorted(compare).at(-1) ?? null;
  return { current, newest, isNewer: newest !== null && compare(newest, current) > 0 };
}
