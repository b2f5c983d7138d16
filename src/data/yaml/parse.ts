import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { HearthError } from "../../errors.ts";
import { objectFrom } from "../json-keys.ts";
import { writeJson } from "../json-write.ts";
import { yamlSentence } from "../../yaml-words.ts";
import { type Cell, WholeFloat } from "../table.ts";
import { floatOf, integerOf, momentOf, plainScalar } from "./scalar.ts";

/** Values that a document may have when its aliases are put in: a few lines of them could stand for billions. */
const MAX_VALUES = 5_000_000;

/** Nesting beyond this is refused, so that no text can exhaust the stack. */
const MAX_DEPTH = 512;
const DEEP = `nested deeper than ${MAX_DEPTH} levels`;

/**
 * Parses one YAML 1.1 document as PyYAML's `safe_load` does: whole numbers of any size are exact, floats that are whole
 * are `WholeFloat`, dates and datetimes `Moment`, binary is base64, the last of equal keys wins, keys are texts. An empty
 * document is null.
 *
 * Throws `data-invalid` with line and reason.
 *
 * @param shownName how messages name it, such as `"a.yml"` with its quotes
 * @param firstLine number of the text's first line, for a document inside a file
 */
export function parseYaml(
  text: string,
  shownName: string,
  firstLine = 1,
  limit: YamlLimit = { values: MAX_VALUES },
): Cell {
  try {
    return parse(text, shownName, firstLine, limit);
  } catch (error) {
    // The parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    throw new HearthError("data-invalid", `${shownName} is not valid YAML: ${DEEP}`, { cause: error });
  }
}

/** How much a document may hold. */
export interface YamlLimit {
  /** Values with the aliases put in. */
  readonly values: number;
  /** What to throw beyond that; by default `data-invalid` with the line. */
  readonly exceeded?: () => Error;
}

function parse(text: string, shownName: string, firstLine: number, limit: YamlLimit): Cell {
  const document = parseDocument(text, {
    version: "1.1",
    schema: "failsafe",
    uniqueKeys: false,
    logLevel: "error",
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const [place] = error.linePos ?? [];
    throw invalid(shownName, (place?.line ?? 1) + firstLine - 1, place?.col, yamlSentence(error.code));
  }
  return new Reader(document, text, { shownName, firstLine, limit }).read();
}

function invalid(shownName: string, line: number, column: number | undefined, reason: string): HearthError {
  const place = column === undefined ? `line ${line}` : `line ${line}, column ${column}`;
  return new HearthError("data-invalid", `${shownName} is not valid YAML: ${place}: ${reason}`);
}

/** Makes cells of a parsed document, of which every scalar is still a text. */
class Reader {
  readonly #document: Document.Parsed;
  readonly #text: string;
  readonly #shownName: string;
  readonly #firstLine: number;
  /** Nodes that we are inside of: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  /** What nodes gave, and how many values that is: an alias gives the same again. */
  readonly #known = new Map<Node, { readonly value: Cell; readonly values: number }>();
  readonly #limit: YamlLimit;
  #values = 0;

  constructor(
    document: Document.Parsed,
    text: string,
    place: { readonly shownName: string; readonly firstLine: number; readonly limit: YamlLimit },
  ) {
    this.#document = document;
    this.#text = text;
    this.#shownName = place.shownName;
    this.#firstLine = place.firstLine;
    this.#limit = place.limit;
  }

  read(): Cell {
    return this.#value(this.#document.contents);
  }

  #value(node: unknown): Cell {
    this.#count(1, node);
    if (node === null || node === undefined) return null;
    if (isScalar(node)) return this.#scalar(node);
    const target = isAlias(node) ? node.resolve(this.#document) : (node as Node);
    if (target === undefined) throw this.#fault(node, "an alias has no anchor");
    if (isScalar(target)) return this.#scalar(target);
    const known = this.#known.get(target);
    if (known !== undefined) {
      this.#count(known.values, node);
      return known.value;
    }
    if (this.#open.has(target)) throw this.#fault(node, "an alias stands inside of what it names");
    if (this.#open.size >= MAX_DEPTH) throw this.#fault(node, DEEP);
    const before = this.#values;
    this.#open.add(target);
    const value = isMap(target) ? objectFrom(this.#entries(target)) : this.#list(target);
    this.#open.delete(target);
    this.#known.set(target, { value, values: this.#values - before });
    return value;
  }

  #count(values: number, node: unknown): void {
    this.#values += values;
    const { values: most, exceeded } = this.#limit;
    if (this.#values <= most) return;
    throw exceeded?.() ?? this.#fault(node, `it has more than ${most} values with its aliases put in`);
  }

  #list(node: Node): Cell {
    if (!isSeq(node)) throw this.#fault(node, "it is neither a mapping, a list nor a value");
    // `? a` in a flow list and an ordered map are pairs: a mapping of one key each.
    return node.items.map((item) => (isPair(item) ? objectFrom(this.#pair(item)) : this.#value(item)));
  }

  #entries(map: YAMLMap): (readonly [string, Cell])[] {
    const merged: (readonly [string, Cell])[] = [];
    const own: (readonly [string, Cell])[] = [];
    for (const pair of map.items) {
      const { key, value } = pair;
      if (isScalar(key) && key.type === "PLAIN" && key.value === "<<") append(merged, this.#merge(value));
      else append(own, this.#pair(pair));
    }
    return [...merged, ...own];
  }

  #pair({ key, value }: Pair): (readonly [string, Cell])[] {
    return [[this.#key(key), this.#value(value)]];
  }

  /** Of several merged mappings the first wins. */
  #merge(value: unknown): (readonly [string, Cell])[] {
    const target = isAlias(value) ? value.resolve(this.#document) : value;
    if (isMap(target)) return this.#entries(target);
    if (isSeq(target)) return target.items.toReversed().flatMap((item) => this.#merge(item));
    throw this.#fault(value, "`<<` takes a mapping or a list of mappings");
  }

  #key(node: unknown): string {
    const key = this.#value(node);
    if (typeof key === "string") return key;
    if (typeof key === "object" && key !== null && (Array.isArray(key) || !("toJSON" in key)))
      throw this.#fault(node, "a list or a mapping is no key");
    // As Python writes such keys to JSON.
    return key instanceof WholeFloat || typeof key === "number" ? writeJson(key) : String(key);
  }

  #scalar(node: Scalar): Cell {
    const text = String(node.value ?? "");
    if (node.tag !== undefined) return this.#tagged(node, text);
    if (node.type === "PLAIN" || node.type === undefined) return plainScalar(text);
    // PyYAML ends a block at the text's end as the text does, with a line break or without.
    const isCut = node.type.startsWith("BLOCK") && (node.range?.[1] ?? 0) >= this.#text.length;
    return isCut && !this.#text.endsWith("\n") ? text.replace(/\n$/, "") : text;
  }

  #tagged(node: Scalar, text: string): Cell {
    switch (node.tag) {
      case "!":
      case "tag:yaml.org,2002:str":
        return text;
      case "tag:yaml.org,2002:null":
        return null;
      case "tag:yaml.org,2002:bool":
        return /^(?:yes|true|on)$/i.test(text);
      case "tag:yaml.org,2002:int":
        return this.#checked(node, /\d/.test(text) ? integerOf(text) : undefined, "whole number");
      case "tag:yaml.org,2002:float":
        return this.#checked(node, /\d|inf|nan/i.test(text) ? floatOf(text) : undefined, "number");
      case "tag:yaml.org,2002:timestamp":
        return this.#checked(node, momentOf(text), "date");
      case "tag:yaml.org,2002:binary":
        return text.replaceAll(/\s/g, "");
      default:
        throw this.#fault(node, `the tag "${node.tag}" is not known`);
    }
  }

  #checked(node: Scalar, value: Cell | undefined, what: string): Cell {
    if (value === undefined) throw this.#fault(node, `"${String(node.value)}" is no ${what}`);
    return value;
  }

  #fault(node: unknown, reason: string): HearthError {
    const start = (node as Node | null)?.range?.[0] ?? 0;
    const line = this.#text.slice(0, start).split("\n").length;
    return invalid(this.#shownName, line + this.#firstLine - 1, undefined, reason);
  }
}

/** Unlike `push(...items)` for any number of items. */
function append<T>(list: T[], items: readonly T[]): void {
  for (const item of items) list.push(item);
}
