import type { FileAccess, FileStamp, OpenedFile, PathOptions } from "../access/files.ts";
import { fileInput } from "../data/bytes.ts";
import { splitFrontMatter } from "../data/front-matter.ts";
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

/** Bytes of all files whose values are kept. */
const KEPT_BYTES = 16 << 20;

/** How often a file that is written to meanwhile is read before that is an error. */
const ATTEMPTS = 4;

/**
 * YAML files and the front matter of texts, parsed once and kept while their files are unchanged: a build asks for 30
 * fields of one file. A caller's right to a file is checked each time.
 */
export class Documents {
  readonly #now: () => number;
  /** By kind and real path, the last used at the end. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** @param now milliseconds since the epoch, by the clock of the file system's times */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A YAML file's value. Throws `data-invalid`, `encoding-invalid`, `data-too-large`, and what the file access throws. */
  yaml(request: DocumentRequest): Promise<ParsedFile<Cell>> {
    return this.#read("yaml", request, (text, shownName) => parseYaml(text, shownName));
  }

  /** The fields in a text's front matter; none when it has none. Throws as `yaml`. */
  async frontMatter(request: DocumentRequest): Promise<ParsedFile<CellObject>> {
    const { value, stamp } = await this.#read("front", request, fieldsOf);
    return { value: value as CellObject, stamp };
  }

  async #read(
    kind: string,
    { path, place, files, signal }: DocumentRequest,
    parse: (text: string, shownName: string) => Cell,
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
      const parsed = await readOnce(await files.open(path, place), signal, parse);
      if (parsed === "changed") continue;
      this.#keep(key, parsed);
      return parsed;
    }
    throw new HearthError("file-changed", `"${path}" changed while it was read`, {
      hint: "Try again when nobody writes to it.",
    });
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
  parse: (text: string, shownName: string) => Cell,
): Promise<Kept | "changed"> {
  try {
    const limit = { bytes: MAX_BYTES, hint: "It should hold settings only.", signal };
    const bytes = await readWhole(fileInput(file), limit);
    if (!file.isUnchanged()) return "changed";
    const shownName = `"${file.shownPath}"`;
    const text = decodeUtf8(bytes, shownName).replace(/^\uFEFF/, "");
    // What is kept counts as what it may take in memory.
    return { value: parse(text, shownName), stamp: file.stamp, bytes: bytes.length * 4 + 512 };
  } finally {
    file.close();
  }
}

function fieldsOf(text: string, shownName: string): CellObject {
  const { head, headLine } = splitFrontMatter(text);
  const fields = head === undefined ? null : parseYaml(head, shownName, headLine);
  if (fields === null) return {};
  if (isCellObject(fields)) return fields;
  throw new HearthError("data-invalid", `The front matter of ${shownName} is not a mapping`);
}
