import { HearthError } from "../errors.ts";
import { codePointOrder } from "./code-points.ts";
import { type CellObject, objectFrom } from "./json-keys.ts";
import type { Cell } from "./table.ts";

/** An entry's fields by name, with its kind and key under these two. */
export const TYPE_FIELD = "ENTRYTYPE";
export const KEY_FIELD = "ID";

/** Fields that come first, in this order (section 4.1 of the wire contract); the others follow by name. */
const FIRST_FIELDS: readonly string[] = [
  TYPE_FIELD,
  KEY_FIELD,
  "title",
  "author",
  "editor",
  "abstract",
  "year",
  "journal",
  "booktitle",
  "volume",
  "issue",
  "pages",
  "publisher",
  "address",
  "doi",
  "url",
  "note",
];

/** Letters of all values together, with the `@string`s put in: strings made of strings grow without end. */
const MAX_LETTERS = 64_000_000;

/** What entries are ordered by, one behind the other. */
export const SORT_FIELDS: readonly string[] = ["author", "year", "title"];

/** As much as is used of what the parser gives. */
type Item =
  | { readonly itemtype: "string"; readonly name: string; readonly value: Value; readonly datatype: Kind }
  | {
      readonly itemtype: "entry";
      readonly type: string;
      readonly key: string | null;
      readonly fields: readonly Part[];
    }
  | { readonly itemtype: "comment" | "preamble" };

interface Part {
  readonly name: string;
  readonly value: Value;
  readonly datatype: Kind;
}
type Kind = "quoted" | "braced" | "identifier" | "number" | "concatinate" | "null";
type Value = string | null | readonly { readonly value: string; readonly datatype: Kind }[];

/**
 * The entries of a BibTeX text, as they stand in it: kind and field names in small letters, values as texts with their
 * braces, `@string`s put in. A name that no `@string` explains, such as a month's, stays as it is. Throws `data-invalid`
 * with the line where the broken entry begins.
 */
export async function parseBibtex(text: string, shownName: string): Promise<CellObject[]> {
  const items = await parseItems(text, shownName);
  const strings = new Map<string, string>();
  const entries: CellObject[] = [];
  let letters = 0;
  const count = (text: string): string => {
    letters += text.length;
    if (letters <= MAX_LETTERS) return text;
    throw new HearthError(
      "data-too-large",
      `${shownName} has more than ${MAX_LETTERS} letters with its @strings put in`,
    );
  };
  for (const item of items) {
    if (item.itemtype === "string") strings.set(item.name.toLowerCase(), textOf(item, strings, count));
    else if (item.itemtype === "entry") entries.push(entryOf(item, { strings, count }, shownName));
  }
  return entries;
}

async function parseItems(text: string, shownName: string): Promise<readonly Item[]> {
  const { default: parser } = await import("bibtex-parse");
  try {
    return parser.parse(text.replaceAll("\r\n", "\n"), { number: "string" }) as readonly Item[];
  } catch (cause) {
    const line = (cause as { location?: { start?: { line?: number } } }).location?.start?.line;
    throw new HearthError(
      "data-invalid",
      `${shownName} is no valid BibTeX${line === undefined ? "" : `: the entry that begins in line ${line} is broken`}`,
      { hint: "Look for a comma that is missing, or a brace or quote that is not closed.", cause },
    );
  }
}

function entryOf(
  { type, key, fields }: Extract<Item, { itemtype: "entry" }>,
  { strings, count }: { readonly strings: ReadonlyMap<string, string>; readonly count: Count },
  shownName: string,
): CellObject {
  const bare = fields.find(({ datatype }) => datatype === "null");
  if (key === null || bare !== undefined) {
    const what =
      bare === undefined ? "has no key" : `has "${bare.name}" where a key or "name = value" belongs`;
    throw new HearthError("data-invalid", `${shownName} is no valid BibTeX: an entry @${type} ${what}`, {
      hint: "An entry reads like @article{key, title = {...}}.",
    });
  }
  return objectFrom([
    [TYPE_FIELD, type.toLowerCase()],
    [KEY_FIELD, key],
    ...fields.map((field): [string, Cell] => [
      field.name.toLowerCase(),
      textOf(field, strings, count).trim(),
    ]),
  ]);
}

/** Gives the text back, and throws when there is too much of it in all. */
type Count = (text: string) => string;

/** Lines that follow the first lose their indent. */
function textOf(
  { value, datatype }: Pick<Part, "value" | "datatype">,
  strings: ReadonlyMap<string, string>,
  count: Count,
): string {
  if (value === null) return "";
  if (typeof value !== "string") return value.map((part) => textOf(part, strings, count)).join("");
  if (datatype === "identifier") return count(strings.get(value.toLowerCase()) ?? value);
  return count(value.replaceAll(/\n[^\S\n]+/g, "\n"));
}

/** Names of fields in their order. */
export function orderedFields(names: Iterable<string>): string[] {
  const given = new Set(names);
  const first = FIRST_FIELDS.filter((name) => given.has(name));
  return [...first, ...[...given].filter((name) => !FIRST_FIELDS.includes(name)).sort(codePointOrder)];
}
