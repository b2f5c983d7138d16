import {
  lstatSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { HearthError } from "../errors.ts";
import { ensurePrivateFolder, privacyFault } from "./folders.ts";
import { sha256 } from "./hash.ts";
import { MAX_CONFIG_BYTES, readConfigText } from "./read-config.ts";
import { readRegular } from "./read-regular.ts";

/** A config that the user said may set everything, roots and programs included. */
export interface TrustEntry {
  /** Real path of the config. */
  readonly path: string;
  /** SHA-256 of the content that was trusted, in hex. */
  readonly hash: string;
  /** ISO 8601. */
  readonly trustedAt: string;
}

/** An entry, and whether it still counts: the file is as it was, has changed since, or is gone. */
export interface ListedTrust extends TrustEntry {
  readonly state: "valid" | "changed" | "missing";
}

/**
 * True when exactly this content at this real path was trusted. The list lies in the state folder, a file an entry, so
 * that two commands at once don't lose one; it counts only while nobody else can write there.
 */
export function isTrusted(realPath: string, hash: string, stateDir: string): boolean {
  if (privacyFault(stateDir) !== undefined || privacyFault(listFolder(stateDir)) !== undefined) return false;
  const entry = readEntry(entryPath(realPath, stateDir));
  return entry !== undefined && entry.path === realPath && entry.hash === hash;
}

/**
 * Trusts a config as it is now. With `hash` only when its content still is the one that was looked at. Throws
 * `config-invalid` when it can't be read, is not this user's or root's, others may write it, or it has changed;
 * `state-unusable`.
 */
export function trust(path: string, stateDir: string, hash?: string): TrustEntry {
  const realPath = realPathOf(path);
  const read = readConfigText(realPath, path, true);
  if (hash !== undefined && hash !== read.hash) {
    throw new HearthError("config-invalid", `The config ${path} has changed meanwhile; it is not trusted`);
  }
  const entry = { path: realPath, hash: read.hash, trustedAt: new Date().toISOString() };
  ensurePrivateFolder(stateDir);
  ensurePrivateFolder(listFolder(stateDir));
  replaceFile(entryPath(realPath, stateDir), `${JSON.stringify(entry)}\n`);
  return entry;
}

/** Takes the trust in a config back, also when the file is gone. False: it was not trusted. */
export function untrust(path: string, stateDir: string): boolean {
  const isHere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  try {
    unlinkSync(entryPath(isHere ? realPathOf(path) : path, stateDir));
    return true;
  } catch {
    return false;
  }
}

/** All trusted configs, by path. */
export function listTrusted(stateDir: string): ListedTrust[] {
  const folder = listFolder(stateDir);
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  const entries = readdirSync(folder).map((name) => readEntry(join(folder, name)));
  return entries
    .filter((entry) => entry !== undefined)
    .map((entry) => ({ ...entry, state: stateOf(entry) }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

function listFolder(stateDir: string): string {
  return join(stateDir, "trusted");
}

function entryPath(realPath: string, stateDir: string): string {
  return join(listFolder(stateDir), `${sha256(realPath).slice(0, 32)}.json`);
}

function readEntry(path: string): TrustEntry | undefined {
  try {
    const {
      path: trusted,
      hash,
      trustedAt,
    } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    if (typeof trusted !== "string" || typeof hash !== "string") return undefined;
    return { path: trusted, hash, trustedAt: String(trustedAt) };
  } catch {
    // Not there, or cut off by a crash: either way nothing is trusted by it
    return undefined;
  }
}

function stateOf(entry: TrustEntry): ListedTrust["state"] {
  try {
    const file = readRegular(entry.path, MAX_CONFIG_BYTES);
    return file !== undefined && sha256(file.bytes) === entry.hash ? "valid" : "changed";
  } catch {
    return "missing";
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    throw new HearthError("config-invalid", `There is no config ${path}`, { cause: error });
  }
}

function replaceFile(path: string, text: string): void {
  const temp = `${path}.${process.pid}.tmp`;
  writeFileSync(temp, text, { mode: 0o600 });
  renameSync(temp, path);
}
