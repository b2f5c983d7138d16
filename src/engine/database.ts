import { statSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { HearthError } from "../errors.ts";
import { spillLimitReached } from "../spill-budget.ts";
import { loadDuckDB, type DuckDB } from "./duckdb.ts";
import { quoteText } from "./sql-text.ts";

/** One database of the engine, and how to be rid of it. */
export interface Database {
  readonly duckdb: DuckDB;
  /** How the database knows one of its files, also when another takes its path. */
  pathOf(file: DatabaseFile): string;
  connect(): Promise<DuckDBConnection>;
  /** Throws `disk-full` when the file of a database on disk takes more than its share. */
  checkDisk(): void;
  /** Frees its memory and removes what it put down; connections must be closed before. */
  close(): Promise<void>;
}

/** A file that queries may read although the database reaches none. */
export interface DatabaseFile {
  /** Names this very file, whatever is put in its place. */
  readonly nativePath: string;
  /** Where it lay, absolute and without links. */
  readonly realPath: string;
}

export interface DatabaseOptions {
  readonly memoryLimitBytes: number;
  /** An existing folder of mode 0700; without one nothing is spilled, and memory is all there is. */
  readonly spillFolder?: string | undefined;
  /** Disk space that it may take, released when it is closed; without it the disk is the limit. */
  readonly spillShare?: SpillShare | undefined;
  /** Keep the tables in a file of the spill folder instead of memory. */
  readonly onDisk?: boolean;
  /** Files that queries may read all the same. */
  readonly files?: readonly DatabaseFile[];
  /** Lets the queries reach files: only for SQL that is all our own. */
  readonly reachesFiles?: boolean;
}

/** Disk space of one database. */
export interface SpillShare {
  readonly bytes: number;
  release(): void;
}

/** Of its share, the part for the file of a database on disk; the rest is for what its queries spill. */
const FILE_SHARE = 3 / 4;

let opened = 0;

/**
 * Opens a database that is locked: no files but its own spill, no extensions, UTC as time zone, settings fixed. The
 * order counts: settings first, then external access off, then the lock.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  try {
    return await open(options);
  } catch (error) {
    options.spillShare?.release();
    throw error;
  }
}

async function open(options: DatabaseOptions): Promise<Database> {
  const { spillShare } = options;
  const duckdb = await loadDuckDB();
  const folder = options.spillFolder && join(options.spillFolder, `engine-${process.pid}-${opened++}`);
  const path = options.onDisk === true && folder !== undefined ? `${folder}.db` : ":memory:";
  // errors_as_json gives failures as fields, so that our own words can be made of them.
  const instance = await duckdb.api.DuckDBInstance.create(path, { errors_as_json: "true" }).catch(
    (cause: unknown) => {
      throw new HearthError("engine-unavailable", "The query engine could not make a database", { cause });
    },
  );
  const close = async () => {
    instance.closeSync();
    if (folder !== undefined) {
      const left = [folder, linksBeside(folder), `${folder}.db`, `${folder}.db.wal`];
      await Promise.all(left.map((path) => rm(path, { recursive: true, force: true })));
    }
    spillShare?.release();
  };
  const isOnDisk = path !== ":memory:";
  const temporaryBytes = spillShare && Math.floor(spillShare.bytes * (isOnDisk ? 1 - FILE_SHARE : 1));
  const files = new Map((options.files ?? []).map((file, i) => [file, linkTo(file, folder, i)]));
  try {
    await lockDown(instance, folder, {
      ...options,
      temporaryBytes,
      allowedPaths: [...files].flatMap(pathsOf),
    });
    if (folder !== undefined) await makeLinks(linksBeside(folder), files);
  } catch (error) {
    await close();
    throw error;
  }
  const pathOf = (file: DatabaseFile) => files.get(file) ?? file.nativePath;
  const checkDisk = () => {
    if (!isOnDisk || spillShare === undefined) return;
    const bytes = sizeOf(path) + sizeOf(`${path}.wal`);
    if (bytes > spillShare.bytes * FILE_SHARE) throw spillLimitReached();
  };
  return { duckdb, pathOf, connect: () => instance.connect(), checkDisk, close };
}

/**
 * The engine allows paths and not files: it looks where a path leads, and for one that leads to a file which has lost its
 * name, at the path itself. So a file is known by a link of our own, allowed before it is there, and its real path is
 * allowed beside it. Without a folder for links it is known by its descriptor, until it is replaced.
 */
function linkTo({ nativePath }: DatabaseFile, folder: string | undefined, number: number): string {
  return folder === undefined ? nativePath : join(linksBeside(folder), String(number));
}

function pathsOf([{ realPath }, link]: readonly [DatabaseFile, string]): string[] {
  return [realPath, link];
}

function linksBeside(folder: string): string {
  return `${folder}.links`;
}

async function makeLinks(folder: string, files: ReadonlyMap<DatabaseFile, string>): Promise<void> {
  if (files.size === 0) return;
  await mkdir(folder, { mode: 0o700 });
  for (const [{ nativePath }, link] of files) await symlink(nativePath, link);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function lockDown(
  instance: DuckDBInstance,
  folder: string | undefined,
  options: DatabaseOptions & {
    readonly allowedPaths: readonly string[];
    /** Of what queries spill; undefined: without limit. */
    readonly temporaryBytes: number | undefined;
  },
): Promise<void> {
  const nowhere = "/nonexistent";
  const settings: [string, string][] = [
    ["memory_limit", `${Math.max(16, Math.floor(options.memoryLimitBytes / 2 ** 20))}MiB`],
    ["temp_directory", folder ?? ""],
    ...(options.temporaryBytes === undefined
      ? []
      : [["max_temp_directory_size", `${options.temporaryBytes}B`] satisfies [string, string]]),
    ["home_directory", nowhere],
    ["extension_directory", nowhere],
    ["secret_directory", nowhere],
    ["allow_persistent_secrets", "false"],
    ["autoinstall_known_extensions", "false"],
    ["autoload_known_extensions", "false"],
    ["TimeZone", "UTC"],
    // The system keeps what was read of a file; the engine's copy would count as a query's memory.
    ["enable_external_file_cache", "false"],
  ];
  const allowed = options.allowedPaths.map(quoteText).join(", ");
  const locks = [
    ...(allowed === "" ? [] : [`SET allowed_paths = [${allowed}]`]),
    ...(options.reachesFiles === true ? [] : ["SET enable_external_access = false"]),
    "SET lock_configuration = true",
  ];
  const connection = await instance.connect();
  try {
    const values = settings.map(([name, value]) => `SET ${name} = ${quoteText(value)}`);
    await connection.run([...values, ...locks].join("; "));
  } finally {
    connection.closeSync();
  }
}
