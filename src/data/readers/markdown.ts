import { HearthError } from "../../errors.ts";
import { streamOf } from "../columns.ts";
import { detachTexts } from "../detach.ts";
import { splitFrontMatter } from "../front-matter.ts";
import type { InlineGuard } from "../inline-guard.ts";
import { type CellObject, isCellObject, keysOf, objectFrom } from "../json-keys.ts";
import { tableFromRecords } from "../records.ts";
import type { Reader } from "../source.ts";
import type { Cell } from "../table.ts";
import { readTextFile, yamlValue } from "./yaml.ts";

/**
 * Markdown with front matter: one row, the front matter's keys and then `content`, the body without blanks around it.
 * Broken front matter is `data-invalid` with its line in the file, where lynguine gives a row without columns.
 */
export const markdownReader: Reader = {
  type: "markdown",
  extensions: [".md", ".markdown"],
  mediaTypes: ["text/markdown"],
  isolation: "unless-harmless",
  parameters: [],
  options: () => ({}),
  async read(source, context) {
    const { text, shownName } = await readTextFile(source, context);
    return streamOf(detachTexts(tableFromRecords([markdownRecord(text, shownName, context.guard)])));
  },
};

/** A Markdown text as a record. Throws `data-invalid`. */
export function markdownRecord(text: string, shownName: string, guard?: InlineGuard): CellObject {
  const { head, headLine, body } = splitFrontMatter(text);
  const fields = head === undefined ? null : yamlValue(head, shownName, guard, headLine);
  if (fields !== null && !isCellObject(fields)) {
    throw new HearthError("data-invalid", `The front matter of ${shownName} is not a mapping`);
  }
  const own = fields === null ? [] : keysOf(fields).map((key): [string, Cell] => [key, fields[key] as Cell]);
  return objectFrom([...own, ["content", body]]);
}
