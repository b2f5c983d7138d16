import type { StartedHow } from "./record.ts";

/** What a client should do with a server that answers. */
export type ReplaceDecision =
  /** It serves as it is. */
  | "use"
  /** Stop it and start our own: nobody notices. */
  | "replace"
  /** Neither: say so, with the command to run (`server-incompatible`). */
  | "incompatible";

/** A running server, as its record or its health tells. */
export interface ReplaceableServer {
  readonly version: string;
  readonly protocol: number;
  readonly startedHow: StartedHow;
  /** Nothing runs in it but the asking itself, and no model is loaded. */
  readonly isIdle: boolean;
}

/**
 * Only a server that a client started is ever replaced, by a newer hearth, while it is idle; every other is used as it
 * is, as long as the protocols fit.
 */
export function decideReplacement(
  server: ReplaceableServer,
  mine: { readonly version: string; readonly protocol: number },
): ReplaceDecision {
  const isReplaceable =
    server.startedHow === "auto" && server.isIdle && compareVersions(server.version, mine.version) < 0;
  if (isReplaceable) return "replace";
  return server.protocol === mine.protocol ? "use" : "incompatible";
}

/** Orders two versions as semver.org (2.0.0, section 11) does: negative when `a` is the older one. Build data counts not. */
export function compareVersions(a: string, b: string): number {
  const [numbersA, preA] = parseVersion(a);
  const [numbersB, preB] = parseVersion(b);
  for (let i = 0; i < 3; i++) {
    const difference = (numbersA[i] ?? 0) - (numbersB[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (preA.length === 0 || preB.length === 0) return Math.sign(preB.length - preA.length);
  return comparePreReleases(preA, preB);
}

function parseVersion(version: string): [number[], string[]] {
  const [withoutBuild = ""] = version.split("+");
  const dash = withoutBuild.indexOf("-");
  const core = dash < 0 ? withoutBuild : withoutBuild.slice(0, dash);
  const pre = dash < 0 ? [] : withoutBuild.slice(dash + 1).split(".");
  return [core.split(".").map((part) => Number.parseInt(part, 10) || 0), pre];
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = compareIdentifiers(a[i] ?? "", b[i] ?? "");
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string, b: string): number {
  const isNumberA = /^\d+$/.test(a);
  const isNumberB = /^\d+$/.test(b);
  if (isNumberA && isNumberB) return Number(a) - Number(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}
