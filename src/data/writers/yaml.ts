import { setImmediate as nextTurn } from "node:timers/promises";
import { HearthError } from "../../errors.ts";
import { type CellObject, keysOf, objectFrom } from "../json-keys.ts";
import { cellOf } from "../table-rows.ts";
import type { Cell, Table, TableStream } from "../table.ts";
import type { Writer } from "../target.ts";
import { writeYaml } from "../yaml/write.ts";

const encoder = new TextEncoder();

const ROWS_AT_ONCE = 256;

/** A list of mappings; missing values and empty texts are left out (section 7 of the wire contract). */
export const yamlWriter: Writer = {
  type: "yaml",
  extensions: [".yaml", ".yml"],
  mediaType: "application/yaml",
  parameters: [],
  options: () => ({}),
  async *encode({ batches }) {
    let rows = 0;
    for await (const batch of batches) {
      for (let from = 0; from < batch.rows; from += ROWS_AT_ONCE) {
        await nextTurn();
        const records = recordsOf(batch, from, Math.min(batch.rows, from + ROWS_AT_ONCE));
        rows += records.length;
        yield encoder.encode(writeYaml(records));
      }
    }
    if (rows === 0) yield encoder.encode("[]\n");
  },
};

/** Front matter and, under `content`, the body of one row. */
export const markdownWriter: Writer = {
  type: "markdown",
  extensions: [".md", ".markdown"],
  mediaType: "text/markdown",
  parameters: [],
  options: () => ({}),
  async *encode(table) {
    yield encoder.encode(writeMarkdown(await onlyRow(table)));
  },
};

async function onlyRow({ batches }: TableStream): Promise<CellObject> {
  const records: CellObject[] = [];
  for await (const batch of batches) {
    records.push(...recordsOf(batch, 0, Math.min(batch.rows, 2)));
    if (records.length > 1) break;
  }
  const [record] = records;
  if (record !== undefined && records.length === 1) return record;
  throw new HearthError(
    "request-invalid",
    `A Markdown file holds one row; there are ${records.length === 0 ? "none" : "several"}`,
    {
      hint: 'Write several with the type "markdown_directory", a file each.',
    },
  );
}

/** A record as Markdown with front matter; the body without blanks around it. */
export function writeMarkdown(record: CellObject): string {
  const { content = "", ...fields } = record;
  const kept = objectFrom(
    keysOf(record)
      .filter((key) => key !== "content")
      .map((key) => [key, fields[key] as Cell]),
  );
  const head = keysOf(kept).length === 0 ? "" : writeYaml(kept);
  return `---\n${head}---\n\n${typeof content === "string" ? content.trim() : String(content)}`;
}

/** Rows as mappings, without what is missing or empty. */
export function recordsOf({ columns }: Table, from: number, to: number): CellObject[] {
  return Array.from({ length: to - from }, (_, i) =>
    objectFrom(
      columns
        .map((column): [string, Cell] => [String(column.name), cellOf(column, from + i)])
        .filter(([, cell]) => cell !== null && cell !== ""),
    ),
  );
}
