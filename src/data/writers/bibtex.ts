import { HearthError } from "../../errors.ts";
import { KEY_FIELD, orderedFields, SORT_FIELDS, TYPE_FIELD } from "../bibtex.ts";
import { codePointOrder } from "../code-points.ts";
import { collect } from "../columns.ts";
import type { CellObject } from "../json-keys.ts";
import { pythonStr } from "../python-text.ts";
import { type Cell, WholeFloat } from "../table.ts";
import type { Writer } from "../target.ts";
import { recordsOf } from "./yaml.ts";

/** Bytes of a bibliography's table; it is ordered, so it has to be there as a whole. */
const TABLE_BYTES = 256 << 20;

const encoder = new TextEncoder();

/**
 * Bibliographies, as bibtexparser 1.4 writes them for lynguine: entries by author, year and title, case aside. Missing
 * values are left out. Throws `data-invalid` for entries without kind or key, for a key that is there twice or that
 * BibTeX can't have, and for values whose braces don't match.
 */
export const bibtexWriter: Writer = {
  type: "bibtex",
  extensions: [".bib", ".bibtex"],
  mediaType: "application/x-bibtex",
  parameters: [],
  options: () => ({}),
  async *encode(stream) {
    const table = await collect(stream, TABLE_BYTES);
    const entries = recordsOf(table, 0, table.rows).sort(bySortKey);
    checkKeys(entries);
    yield encoder.encode(entries.map(entryText).join("\n"));
  },
};

function bySortKey(a: CellObject, b: CellObject): number {
  for (const field of SORT_FIELDS) {
    const order = codePointOrder(sortText(a[field]), sortText(b[field]));
    if (order !== 0) return order;
  }
  return 0;
}

function sortText(value: Cell | undefined): string {
  return value === undefined ? "" : textOf(value).toLowerCase();
}

function checkKeys(entries: readonly CellObject[]): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    const key = textIn(entry, KEY_FIELD);
    if (/[@',#}{~%\s]/.test(key)) {
      throw invalid(`The ${KEY_FIELD} "${key}" has a letter that a BibTeX key can't have`, KEY_RULE);
    }
    if (seen.has(key)) throw invalid(`The ${KEY_FIELD} "${key}" is there twice`, KEY_RULE);
    seen.add(key);
  }
}

const KEY_RULE = "Keys are all different, without blanks and any of @',#}{~%.";

function entryText(entry: CellObject): string {
  const type = textIn(entry, TYPE_FIELD);
  if (!NAME.test(type)) throw invalid(`"${type}" can't be the kind of a BibTeX entry`);
  const names = orderedFields(Object.keys(entry)).filter((name) => name !== TYPE_FIELD && name !== KEY_FIELD);
  const fields = names.map((name) => `,\n  ${checkedName(name)} = {${valueText(entry, name)}}`);
  return `@${type}{${textIn(entry, KEY_FIELD)}${fields.join("")}\n}\n`;
}

/** Letters that end a name in BibTeX's grammar. */
const NAME = /^[^\s{}(),="#%'@~]+$/;

function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw invalid(`"${name}" can't be the name of a field in BibTeX`, "Rename the column, or leave it out.");
}

function valueText(entry: CellObject, name: string): string {
  const text = textOf(entry[name] as Cell);
  let depth = 0;
  for (const [brace] of text.matchAll(/(?<!\\)[{}]/g)) {
    depth += brace === "{" ? 1 : -1;
    if (depth < 0) break;
  }
  if (depth === 0) return text;
  throw invalid(`The braces in "${name}" of the entry "${String(entry[KEY_FIELD])}" don't match`);
}

/** A number read with gaps is a float: a year is still written as 2020. */
function textOf(value: Cell): string {
  return value instanceof WholeFloat ? String(value.value) : pythonStr(value);
}

function textIn(entry: CellObject, field: string): string {
  const value = entry[field];
  if (value !== undefined) return textOf(value);
  throw invalid(`An entry has no ${field}`, `Each needs ${TYPE_FIELD} and ${KEY_FIELD}.`);
}

function invalid(message: string, hint?: string): HearthError {
  return new HearthError("data-invalid", message, { hint });
}
