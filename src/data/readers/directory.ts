import { setImmediate as nextTurn } from "node:timers/promises";
import { basename, dirname } from "node:path";
import type { FilePlace } from "../../access/files.ts";
import { HearthError } from "../../errors.ts";
import { parseBibtex } from "../bibtex.ts";
import { fileInput } from "../bytes.ts";
import { codePointOrder } from "../code-points.ts";
import { streamOf } from "../columns.ts";
import { docxText } from "../docx.ts";
import { checkDistinct, findFiles } from "../find-files.ts";
import { type InlineGuard, NeedsReader } from "../inline-guard.ts";
import { type CellObject, isCellObject, keysOf, objectFrom } from "../json-keys.ts";
import { fileOrigin, parseJson } from "../json-parse.ts";
import { openSource, readWhole } from "../open-source.ts";
import { guardRecords, kindOf, tableFromRecords } from "../records.ts";
import { pathOptionsOf } from "../source-check.ts";
import type { DataSource, ReadContext, Reader } from "../source.ts";
import { parseStoreFields, type StoreFields } from "../store-fields.ts";
import type { Cell } from "../table.ts";
import { markdownRecord } from "./markdown.ts";
import { readTextFile, yamlValue } from "./yaml.ts";

/** Makes the records of a file: one, of a bibliography one for each entry. */
type FileReader = (path: string, context: ReadContext) => Promise<readonly CellObject[]>;

/** A reader of a text file: what its text says. */
function ofText(parse: (text: string, path: string, guard: InlineGuard | undefined) => Cell): FileReader {
  return async (path, context) => {
    const { text } = await readTextFile({ type: "", filename: path }, context);
    const value = parse(text, path, context.guard);
    if (value === null) return [{}];
    if (isCellObject(value)) return [value];
    throw new HearthError("data-invalid", `"${path}" is not a mapping but ${kindOf(value)}`);
  };
}

const yamlFile = ofText((text, path, guard) => yamlValue(text, `"${path}"`, guard));
const jsonFile = ofText((text, path) => parseJson(text, fileOrigin(path)));
const markdownFile = ofText((text, path, guard) => markdownRecord(text, `"${path}"`, guard));
const textFile = ofText((text) => ({ content: text }));

const bibtexFile: FileReader = async (path, context) => {
  if (context.guard !== undefined) throw new NeedsReader("BibTeX");
  const { text, shownName } = await readTextFile({ type: "", filename: path }, context);
  return parseBibtex(text, shownName);
};

const docxFile: FileReader = async (path, context) => {
  if (context.guard !== undefined) throw new NeedsReader("a Word document");
  const file = await openSource({ type: "", filename: path }, context);
  try {
    const { memoryLimit, signal } = context;
    const limit = { bytes: memoryLimit, hint: "Take pictures out of it.", signal };
    const bytes = await readWhole(fileInput(file), limit);
    return [{ content: await docxText(bytes, `"${path}"`, memoryLimit) }];
  } finally {
    file.close();
  }
};

const BY_EXTENSION: Readonly<Record<string, FileReader>> = {
  ".md": markdownFile,
  ".mmd": markdownFile,
  ".markdown": markdownFile,
  ".html": markdownFile,
  ".yml": yamlFile,
  ".yaml": yamlFile,
  ".json": jsonFile,
  ".bib": bibtexFile,
  ".docx": docxFile,
  ".txt": textFile,
};

const anyFile: FileReader = (path, context) => {
  const extension = /\.[^.]*$/.exec(path.toLowerCase())?.[0] ?? "";
  const read = BY_EXTENSION[extension];
  if (read !== undefined) return read(path, context);
  throw new HearthError("data-invalid", `Unrecognised type of file in "${path}"`, {
    hint: `Those ending in ${Object.keys(BY_EXTENSION).join(", ")} can be read; choose them by "glob".`,
  });
};

/** What is known of a file stands beside it, in NAME.yml. */
const metaFile: FileReader = async (path, context) => {
  try {
    return await yamlFile(`${path}.yml`, context);
  } catch (error) {
    if (error instanceof HearthError && error.code === "file-not-found") return [{}];
    throw error;
  }
};

/**
 * A source of one row a file, of a bibliography one an entry (section 4.3 of the wire contract): its keys, then root, directory and name of the file, then
 * nested mappings as `a.b`. Never kept: which files there are may change without a trace in any of them.
 */
function directoryReader(type: string, defaultGlob: string, read: FileReader): Reader {
  return {
    type,
    extensions: [],
    mediaTypes: [],
    readsNoFile: true,
    isolation: "unless-harmless",
    parameters: ["source", "glob", "store_fields"],
    options: () => undefined,
    async read(source, context) {
      const fields = parseStoreFields(source["store_fields"], "sourceFilename");
      const paths = await findFiles(named(source), defaultGlob, context.files);
      context.guard?.files(paths.length);
      const placeOf = (path: string) => context.files.placeOf(dirname(path));
      return streamOf(tableFromRecords(await readAll(paths, { read, fields, placeOf, context })));
    },
  };
}

/** A folder may be told by `filename` alone, as a file is. */
function named(source: DataSource): DataSource {
  const { filename } = source;
  if (source["source"] !== undefined || typeof filename !== "string") return source;
  return { ...source, source: { directory: filename } };
}

export const yamlDirectoryReader = directoryReader("yaml_directory", "*.yml", yamlFile);
export const jsonDirectoryReader = directoryReader("json_directory", "*.json", jsonFile);
export const markdownDirectoryReader = directoryReader("markdown_directory", "*.md", markdownFile);
export const mixedDirectoryReader = directoryReader("directory", "*", anyFile);
export const bibtexDirectoryReader = directoryReader("bibtex_directory", "*.bib", bibtexFile);
export const docxDirectoryReader = directoryReader("docx_directory", "*.docx", docxFile);
export const metaDirectoryReader = directoryReader("meta_directory", "*", metaFile);

/** The files that are named, each a row. */
export const listReader: Reader = {
  type: "list",
  extensions: [],
  mediaTypes: [],
  readsNoFile: true,
  isolation: "unless-harmless",
  parameters: ["store_fields"],
  options: () => undefined,
  async read(source, context) {
    const { filename } = source as { filename?: unknown };
    const names: readonly unknown[] = Array.isArray(filename) ? filename : [filename];
    if (!names.every((name) => typeof name === "string")) {
      throw new HearthError(
        "request-invalid",
        'The data source of type "list" needs a list of file names as "filename"',
      );
    }
    const paths = [...(names as string[])].sort(codePointOrder);
    checkDistinct(paths);
    context.guard?.files(paths.length);
    const fields = parseStoreFields(source["store_fields"], "sourceFile");
    const { baseDirectory } = pathOptionsOf(source);
    const read: FileReader = (path, inner) => anyFile(below(baseDirectory, path), inner);
    const placeOf = (path: string) => listedPlace(below(baseDirectory, path), context.files);
    return streamOf(tableFromRecords(await readAll(paths, { read, fields, placeOf, context })));
  },
};

function below(folder: string | undefined, path: string): string {
  return folder === undefined || path.startsWith("/") ? path : `${folder}/${path}`;
}

/** As lynguine: an absolute path is below the server's own directory or its parent, another one as it is written. */
function listedPlace(path: string, files: ReadContext["files"]): FilePlace | Promise<FilePlace> {
  return path.startsWith("/") ? files.placeOf(dirname(path)) : writtenPlace(path);
}

/** Of a path as it is written: the last folder and what is before it. */
function writtenPlace(path: string) {
  const folder = dirname(path);
  if (folder === ".") return { root: "", directory: "" };
  const root = dirname(folder);
  return { root: root === "." ? "" : root, directory: basename(folder) };
}

interface Reading {
  readonly read: FileReader;
  readonly fields: StoreFields;
  readonly placeOf: (path: string) => FilePlace | Promise<FilePlace>;
  readonly context: ReadContext;
}

const FILES_PER_TURN = 32;

/** Files that are opened while earlier ones are parsed: in a reader process each waits for the server. */
const FILES_AHEAD = 12;

/** Begins to read some files before their turn comes. */
class ReadAhead {
  readonly #paths: readonly string[];
  readonly #read: (path: string) => Promise<readonly CellObject[]>;
  readonly #begun: Promise<readonly CellObject[]>[] = [];

  constructor(paths: readonly string[], read: (path: string) => Promise<readonly CellObject[]>) {
    this.#paths = paths;
    this.#read = read;
  }

  /** The records of the file at this position; to be asked for one after the other. */
  take(position: number): Promise<readonly CellObject[]> {
    const last = Math.min(this.#paths.length, position + FILES_AHEAD);
    while (this.#begun.length < last) {
      const reading = this.#read(this.#paths[this.#begun.length] as string);
      // Its turn may never come.
      reading.catch(() => {});
      this.#begun.push(reading);
    }
    const taken = this.#begun[position] as Promise<readonly CellObject[]>;
    delete this.#begun[position];
    return taken;
  }
}

async function readAll(
  paths: readonly string[],
  { read, fields, placeOf, context }: Reading,
): Promise<CellObject[]> {
  const records: CellObject[] = [];
  const reads = new ReadAhead(paths, (path) => read(path, context));
  for (const [position, path] of paths.entries()) {
    if (position % FILES_PER_TURN === 0) await nextTurn();
    context.signal.throwIfAborted();
    const { root, directory } = await placeOf(path);
    const place = { [fields.root]: root, [fields.directory]: directory, [fields.filename]: basename(path) };
    for (const record of await reads.take(position)) {
      checkFree(place, record, path);
      records.push(flattened(record, place));
    }
  }
  if (context.guard !== undefined) guardRecords(records, context.guard);
  return records;
}

function checkFree(place: Readonly<Record<string, string>>, record: CellObject, path: string): void {
  const taken = Object.keys(place).find((name) => Object.hasOwn(record, name));
  if (taken === undefined) return;
  throw new HearthError("data-invalid", `"${path}" has a field "${taken}", which says where a file lies`, {
    hint: 'Give that column another name with "store_fields".',
  });
}

/** Nested mappings come behind all other keys. */
function flattened(record: CellObject, place: Readonly<Record<string, string>>): CellObject {
  const own: [string, Cell][] = [];
  const nested: [string, Cell][] = [];
  for (const key of keysOf(record)) {
    const value = record[key] as Cell;
    if (isCellObject(value)) nested.push(...dotted(key, value));
    else own.push([key, value]);
  }
  return objectFrom([...own, ...Object.entries(place), ...nested]);
}

function dotted(prefix: string, mapping: CellObject): [string, Cell][] {
  return keysOf(mapping).flatMap((key): [string, Cell][] => {
    const value = mapping[key] as Cell;
    return isCellObject(value) ? dotted(`${prefix}.${key}`, value) : [[`${prefix}.${key}`, value]];
  });
}
