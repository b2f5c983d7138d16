import type { FileAccess, FileStamp, OpenedFile, PathOptions } from "../access/files.ts";
import { fileInput } from "../data/bytes.ts";
import { splitFrontMatter } from "../data/front-matter.ts";
import { isHarmlessYaml } from "../data/inline-guard.ts";
import type { DocumentBytes, DocumentKind, ReaderProcesses } from "../data/isolated.ts";
import { type CellObject, isCellObject } from "../data/json-keys.ts";
import { readWhole } from "../data/open-source.ts";
import { isRacy, sameStamp } from "../data/same-stamp.ts";
import type { Cell } from "../data/table.ts";
import { decodeUtf8 } from "../data/utf8.ts";
import { parseYaml } from "../data/yaml/parse.ts";
import { HearthError } from "../errors.ts";

/** A parsed file. */
export interface ParsedFile<T> {
  readonly value: T;
  readonly stamp: FileStamp;
}

/** What is looked for, and as whom. */
export interface DocumentRequest {
  readonly path: string;
  readonly place: PathOptions;
  readonly files: FileAccess;
  readonly signal: AbortSignal;
}

interface Kept extends ParsedFile<Cell> {
  readonly bytes: number;
}

/** A config or the head of a talk is small; what is larger is something else. */
const MAX_BYTES = 16 << 20;

/** Texts up to this size are decoded and looked through here. */
const INLINE_BYTES = 256 << 10;

/** Values of a document with its aliases put in; it is walked and sent at every request. */
const MAX_VALUES = 100_000;

/** Bytes of all files whose values are kept. */
const KEPT_BYTES = 16 << 20;

/** How often a file that is written to meanwhile is read before that is an error. */
const ATTEMPTS = 4;

export interface DocumentsOptions {
  /** Milliseconds since the epoch, by the clock of the file system's times. */
  readonly now?: () => number;
  /** Processes for documents that may take long to parse; without them all are parsed here. */
  readonly readers?: ReaderProcesses;
}

/**
 * YAML files and the front matter of texts, parsed once and kept while their files are unchanged: a build asks for 30
 * fields of one file. A caller's right to a file is checked each time.
 */
export class Documents {
  readonly #now: () => number;
  readonly #readers: ReaderProcesses | undefined;
  /** By kind and real path, the last used at the end. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor({ now = Date.now, readers }: DocumentsOptions = {}) {
    this.#now = now;
    this.#readers = readers;
  }

  /** A YAML file's value. Throws `data-invalid`, `encoding-invalid`, `data-too-large`, and what the file access throws. */
  yaml(request: DocumentRequest): Promise<ParsedFile<Cell>> {
    return this.#read("yaml", request);
  }

  /** The fields in a text's front matter; none when it has none. Throws as `yaml`. */
  async frontMatter(request: DocumentRequest): Promise<ParsedFile<CellObject>> {
    const { value, stamp } = await this.#read("front-matter", request);
    return { value: value as CellObject, stamp };
  }

  async #read(
    kind: DocumentKind,
    { path, place, files, signal }: DocumentRequest,
  ): Promise<ParsedFile<Cell>> {
    const stamp = await files.stamp(path, place);
    const key = `${kind}\0${stamp.realPath}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && sameStamp(kept.stamp, stamp)) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const file = await files.open(path, place);
      const parsed = await readOnce(file, signal, (bytes, shownName) =>
        this.#parse({ kind, bytes, shownName, signal, callerKey: files.callerKey }),
      );
      if (parsed === "changed") continue;
      this.#keep(key, parsed);
      return parsed;
    }
    throw new HearthError("file-changed", `"${path}" changed while it was read`, {
      hint: "Try again when nobody writes to it.",
    });
  }

  /** Here where that takes no time worth speaking of, else in a reader process where there are any. */
  async #parse(document: DocumentBytes): Promise<Cell> {
    const { kind, bytes, shownName } = document;
    const isShort = bytes.length <= INLINE_BYTES;
    if (this.#readers !== undefined && !isShort)
      return fieldsOnly(kind, await this.#readers.parse(document), shownName);
    const text = decodeUtf8(bytes, shownName).replace(/^\uFEFF/, "");
    const yaml = kind === "yaml" ? { head: text, headLine: 1 } : splitFrontMatter(text);
    if (yaml.head === undefined) return {};
    if (this.#readers !== undefined && !isHarmlessYaml(yaml.head))
      return fieldsOnly(kind, await this.#readers.parse(document), shownName);
    return fieldsOnly(
      kind,
      parseYaml(yaml.head, shownName, yaml.headLine, { values: MAX_VALUES }),
      shownName,
    );
  }

  #keep(key: string, parsed: Kept): void {
    this.#drop(key);
    if (isRacy(parsed.stamp, this.#now())) return;
    this.#kept.set(key, parsed);
    this.#bytes += parsed.bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= KEPT_BYTES) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

async function readOnce(
  file: OpenedFile,
  signal: AbortSignal,
  parse: (bytes: Uint8Array, shownName: string) => Promise<Cell>,
): Promise<Kept | "changed"> {
  try {
    const limit = { bytes: MAX_BYTES, hint: "It should hold settings only.", signal };
    const bytes = await readWhole(fileInput(file), limit);
    if (!file.isUnchanged()) return "changed";
    const value = await parse(bytes, `"${file.shownPath}"`);
    // What is kept counts as what it may take in memory.
    return { value, stamp: file.stamp, bytes: bytes.length * 4 + 512 };
  } finally {
    file.close();
  }
}

/** Front matter is a mapping; none at all is an empty one. */
function fieldsOnly(kind: DocumentKind, value: Cell, shownName: string): Cell {
  if (kind === "yaml" || isCellObject(value)) return value;
  if (value === null) return {};
  throw new HearthError("data-invalid", `The front matter of ${shownName} is not a mapping`);
}
