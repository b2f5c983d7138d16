import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { unpackTar } from "modern-tar/fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { runTool } from "./run-tool.ts";

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
}

/** A package as package-lock.json names it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity of its tarball, such as `sha512-...`. */
  readonly integrity: string;
}

/**
 * Looks a package up in package-lock.json.
 *
 * @throws when it isn't there, or without the hash that its tarball must have
 */
export function lockedPackage(project: string, name: string): LockedPackage {
  const lock = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockEntry>;
  };
  const entry = lock.packages[`node_modules/${name}`];
  if (entry?.version === undefined) throw new Error(`package-lock.json has no ${name}`);
  if (entry.integrity === undefined) throw new Error(`package-lock.json has no integrity of ${name}`);
  return { name, version: entry.version, integrity: entry.integrity };
}

/**
 * Fetches the locked version of a package for whatever platform, from the registry that npm is set up with, checks its
 * tarball against the lock file and unpacks it. What was checked once is kept below `node_modules/.cache`, under a name
 * that holds the hash.
 *
 * @returns the folder of the package
 * @throws when it can't be fetched, or is not what was locked
 */
export async function fetchLockedPackage(project: string, name: string): Promise<string> {
  const locked = lockedPackage(project, name);
  const cache = join(project, "node_modules/.cache/hearth-release");
  const folder = join(cache, cacheName(locked));
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "new-"));
  try {
    const packed = await runTool(
      ["npm", "pack", `${name}@${locked.version}`, "--json", "--ignore-scripts", "--pack-destination", work],
      { cwd: work },
    );
    const tarball = join(work, packedFile(packed));
    checkIntegrity(locked, tarball);
    await pipeline(
      createReadStream(tarball),
      createGunzip(),
      unpackTar(join(work, "files"), { strip: 1, fmode: 0o644, dmode: 0o755 }),
    );
    takePlace(join(work, "files"), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** Two releases may fetch the same at once: both have checked it, so the first one's stays. */
function takePlace(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

/** The file name in what `npm pack --json` prints: a list up to npm 11, an object by name in later ones. */
export function packedFile(report: string): string {
  const parsed = JSON.parse(report) as Record<string, { filename?: string }>;
  const filename = Object.values(parsed)[0]?.filename;
  if (filename === undefined) throw new Error("npm pack did not say what it wrote");
  return filename;
}

function checkIntegrity({ name, version, integrity }: LockedPackage, tarball: string): void {
  const [algorithm = "", expected = ""] = integrity.split(/-(.*)/s);
  const found = createHash(algorithm).update(readFileSync(tarball)).digest("base64");
  if (found !== expected) {
    throw new Error(
      `${name} ${version} is not what was locked: expected ${integrity}, got ${algorithm}-${found}`,
    );
  }
}

function cacheName({ name, version, integrity }: LockedPackage): string {
  const id = createHash("sha256").update(integrity).digest("hex").slice(0, 16);
  return `${name.replace("/", "+")}-${version}-${id}`;
}
