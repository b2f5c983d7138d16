import { orderedFields, parseBibtex, SORT_FIELDS } from "../bibtex.ts";
import { codePointOrder } from "../code-points.ts";
import { streamOf } from "../columns.ts";
import { detachTexts } from "../detach.ts";
import type { CellObject } from "../json-keys.ts";
import { tableFromRecords } from "../records.ts";
import type { Reader } from "../source.ts";
import { readTextFile } from "./yaml.ts";

/** Bibliographies: an entry a row, by author, year and title; all texts (section 4.1 of the wire contract). */
export const bibtexReader: Reader = {
  type: "bibtex",
  extensions: [".bib", ".bibtex"],
  mediaTypes: ["application/x-bibtex"],
  isolation: "always",
  parameters: [],
  options: () => ({}),
  async read(source, context) {
    const { text, shownName } = await readTextFile(source, context);
    const entries = (await parseBibtex(text, shownName)).sort(byAuthorYearTitle);
    const fields = orderedFields(entries.flatMap((entry) => Object.keys(entry)));
    return streamOf(detachTexts(tableFromRecords(entries, fields)));
  },
};

/** Entries that have not what is compared come last, as pandas sorts. */
function byAuthorYearTitle(a: CellObject, b: CellObject): number {
  for (const field of SORT_FIELDS) {
    const [left, right] = [a[field], b[field]] as (string | undefined)[];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
    return codePointOrder(left, right);
  }
  return 0;
}
