import { HearthError } from "../errors.ts";
import { codePointOrder } from "./code-points.ts";
import { isCellObject } from "./json-keys.ts";
import { kindOf } from "./records.ts";
import { pathOptionsOf } from "./source-check.ts";
import type { DataSource, SourceFiles } from "./source.ts";
import { matchesWildcard } from "./wildcard.ts";

/** Files that one source may have. */
const MAX_FILES = 100_000;

/**
 * The files of a directory source, as absolute paths sorted by code point: for each part of `source` those below its
 * `directory` that match its `glob` (else the source's, else `defaultGlob`) and, from the start of their name, its
 * `regexp`. `**` is one level.
 *
 * Throws `request-invalid`, `data-too-large`, `data-invalid` for a file that comes twice, and what the file access throws.
 */
export async function findFiles(
  source: DataSource,
  defaultGlob: string,
  files: Pick<SourceFiles, "list">,
): Promise<string[]> {
  const found: string[] = [];
  for (const part of partsOf(source)) {
    const glob = textOf(part["glob"] ?? source["glob"] ?? defaultGlob, "glob");
    const names = await matching(part, glob, source, files);
    found.push(...(await byExpression(names, part["regexp"])));
    if (found.length > MAX_FILES)
      throw new HearthError("data-too-large", `More than ${MAX_FILES} files match`);
  }
  found.sort(codePointOrder);
  checkDistinct(found);
  return found;
}

/** Throws `data-invalid` for a file that comes twice. */
export function checkDistinct(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) throw new HearthError("data-invalid", `The file "${path}" is named twice`);
    seen.add(path);
  }
}

type Part = Readonly<Record<string, unknown>>;

function partsOf({ type, source }: DataSource): readonly Part[] {
  if (source === undefined || source === null) return [];
  const list: readonly unknown[] = Array.isArray(source) ? source : [source];
  return list.map((part) => {
    if (isCellObject(part)) return part;
    throw new HearthError(
      "request-invalid",
      `"source" of the type "${type}" is an object {directory, glob, regexp} or a list of such, not ${kindOf(part)}`,
    );
  });
}

async function matching(
  part: Part,
  glob: string,
  source: DataSource,
  files: Pick<SourceFiles, "list">,
): Promise<string[]> {
  const { baseDirectory, allowedRoots } = pathOptionsOf(source);
  const directory = textOf(part["directory"] ?? ".", "directory");
  const levels = glob.split("/").filter((level) => level !== "");
  const options = { directory, baseDirectory, allowedRoots };
  return below(".", options, levels, files);
}

type FolderOptions = Parameters<SourceFiles["list"]>[1];

async function below(
  folder: string,
  options: FolderOptions,
  [level = "*", ...deeper]: readonly string[],
  files: Pick<SourceFiles, "list">,
): Promise<string[]> {
  const { realPath, entries } = await files.list(folder, options);
  const found: string[] = [];
  for (const { name, kind } of entries) {
    if (!matchesWildcard(name, level)) continue;
    const path = realPath === "/" ? `/${name}` : `${realPath}/${name}`;
    if (deeper.length === 0) {
      if (kind !== "folder") found.push(path);
    } else if (kind !== "file") found.push(...(await orNone(below(path, {}, deeper, files))));
  }
  return found;
}

/** A link may lead to a file, or nowhere that the caller may go. */
async function orNone(paths: Promise<string[]>): Promise<string[]> {
  try {
    return await paths;
  } catch (error) {
    if (error instanceof HearthError) return [];
    throw error;
  }
}

/** Python's expressions, by an engine whose time is linear: a caller's expression must not hold up the server. */
async function byExpression(paths: readonly string[], expression: unknown): Promise<readonly string[]> {
  if (expression === undefined || expression === null) return paths;
  const text = textOf(expression, "regexp");
  const { RE2JS } = await import("re2js");
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(text);
  } catch (cause) {
    throw new HearthError("request-invalid", `"regexp" can't be used: ${text}`, {
      hint: "Look-around and back references are not supported.",
      cause,
    });
  }
  return paths.filter((path) => compiled.matcher(path.slice(path.lastIndexOf("/") + 1)).lookingAt());
}

function textOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new HearthError("request-invalid", `"${name}" of a directory is a text, not ${kindOf(value)}`);
}
