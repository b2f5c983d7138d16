import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What package-lock.json says of one package. */
export interface LockedEntry {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedEntry>>;
}

/** All of package-lock.json, by the path of each package. */
export function readLock(project: string): LockFile["packages"] {
  return (JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")) as LockFile).packages;
}

/** Such as `@duckdb/node-api@1.5.6`: how a bill of materials refers to a package. */
export function refOf(path: string, { version = "" }: LockedEntry): string {
  return `${path.replace(/^.*node_modules\//, "")}@${version}`;
}

/**
 * The packages that users get: what the dependencies of package.json lead to, without optional peers that only development
 * brings.
 *
 * @param edges what each package needs, by refs
 * @param root the ref of the project
 */
export function shippedRefs(
  project: string,
  edges: ReadonlyMap<string, readonly string[]>,
  root: string,
): Set<string> {
  const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const unused = new Set(
    Object.entries(readLock(project)).flatMap(([path, entry]) =>
      entry.dev === true || entry.devOptional === true ? [refOf(path, entry)] : [],
    ),
  );
  const isDirect = (ref: string) => Object.hasOwn(manifest.dependencies, ref.slice(0, ref.lastIndexOf("@")));
  const found = new Set<string>();
  const rest = (edges.get(root) ?? []).filter(isDirect);
  for (let ref = rest.pop(); ref !== undefined; ref = rest.pop()) {
    if (found.has(ref) || unused.has(ref)) continue;
    found.add(ref);
    rest.push(...(edges.get(ref) ?? []));
  }
  return found;
}
