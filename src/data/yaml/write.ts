import { Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { isCellObject, keysOf } from "../json-keys.ts";
import { Moment } from "../moment.ts";
import { type Cell, WholeFloat } from "../table.ts";
import { isPlainText } from "./scalar.ts";

/**
 * A value as YAML 1.1 in block style, as lynguine writes it: keys in their order, texts of several lines as `|` blocks, texts
 * that would be read as something else in single quotes, letters of all scripts as they are, no line broken for its length.
 */
export function writeYaml(value: Cell): string {
  const document = new Document(null, { version: "1.1", schema: "failsafe" });
  document.contents = nodeOf(value) as never;
  return document.toString({
    indentSeq: false,
    lineWidth: 0,
    singleQuote: true,
    flowCollectionPadding: false,
  });
}

function nodeOf(value: Cell): Node {
  if (Array.isArray(value)) {
    const list = new YAMLSeq();
    list.items = (value as readonly Cell[]).map(nodeOf);
    list.flow = list.items.length === 0;
    return list;
  }
  if (!isCellObject(value)) return scalarOf(value);
  const map = new YAMLMap();
  map.items = keysOf(value).map((key) => new Pair(textOf(key), nodeOf(value[key] as Cell)));
  map.flow = map.items.length === 0;
  return map;
}

function scalarOf(value: Cell): Scalar {
  return typeof value === "string" ? textOf(value) : plain(spelled(value));
}

function textOf(text: string): Scalar {
  const scalar = new Scalar(text);
  if (NEEDS_ESCAPE.test(text)) scalar.type = Scalar.QUOTE_DOUBLE;
  else if (text.includes("\n")) scalar.type = canBeBlock(text) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
  else scalar.type = isPlainText(text) ? Scalar.PLAIN : Scalar.QUOTE_SINGLE;
  return scalar;
}

/** Control characters but the line feed, and what counts as a line break or mark elsewhere. */
// oxlint-disable-next-line no-control-regex
const NEEDS_ESCAPE = /[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\uFEFF]/;

/** The first line of a block tells its indentation, and blanks at the end of a line would be easy to lose. */
function canBeBlock(text: string): boolean {
  return !/^\s| \n/.test(text);
}

function plain(text: string): Scalar {
  const scalar = new Scalar(text);
  scalar.type = Scalar.PLAIN;
  return scalar;
}

function spelled(value: Cell): string {
  if (value === null) return "null";
  if (value instanceof Moment) return String(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  const number = value instanceof WholeFloat ? value.value : (value as number);
  if (Number.isNaN(number)) return ".nan";
  if (!Number.isFinite(number)) return number > 0 ? ".inf" : "-.inf";
  return value instanceof WholeFloat || !Number.isSafeInteger(number) ? floatText(number) : String(number);
}

/** YAML 1.1 wants a point and a sign: `1.0e+20`. */
function floatText(value: number): string {
  const text = String(value);
  const [mantissa = "", exponent] = text.split("e");
  const pointed = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
  return exponent === undefined ? pointed : `${pointed}e${exponent}`;
}
