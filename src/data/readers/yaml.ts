import { HearthError } from "../../errors.ts";
import { decompressed, fileInput, isPacked } from "../bytes.ts";
import { columnFromCells, streamOf } from "../columns.ts";
import { detachTexts } from "../detach.ts";
import { INLINE_YAML_VALUES, type InlineGuard, NeedsReader } from "../inline-guard.ts";
import { isCellObject, keysOf } from "../json-keys.ts";
import { tableFromJson } from "../json-table.ts";
import { openSource, readWhole } from "../open-source.ts";
import { guardRecords } from "../records.ts";
import type { DataSource, ReadContext, Reader } from "../source.ts";
import type { Cell, Table } from "../table.ts";
import { decodeUtf8 } from "../utf8.ts";
import { parseYaml } from "../yaml/parse.ts";

const HINT = "Convert it to ndjson or Parquet, which are read piece by piece.";

/** The label of the one row that a mapping of single values makes. */
const DEFAULT_LABEL = "value";

/**
 * YAML files, whole in memory (section 4.1 of the wire contract): tables as in JSON; a mapping of single values is one
 * row. A broken file is `data-invalid` with line and reason, where lynguine gives an empty table.
 */
export const yamlReader: Reader = {
  type: "yaml",
  extensions: [".yaml", ".yml"],
  mediaTypes: ["application/yaml", "application/x-yaml", "text/yaml"],
  isolation: "unless-harmless",
  parameters: [],
  options: ({ index }) => ({ index: typeof index === "string" ? index : DEFAULT_LABEL }),
  async read(source, context) {
    const { text, shownName } = await readTextFile(source, context);
    const fail = (reason: string) => new HearthError("data-invalid", `${shownName} is no table: ${reason}`);
    const label = typeof source.index === "string" ? source.index : DEFAULT_LABEL;
    const value = yamlValue(text, shownName, context.guard);
    if (context.guard !== undefined && Array.isArray(value)) guardRecords(value, context.guard);
    return streamOf(detachTexts(tableOf(value, label, fail)));
  },
};

/** The value of a YAML text, as far as the guard lets it be parsed here. Throws as `parseYaml`. */
export function yamlValue(
  text: string,
  shownName: string,
  guard: InlineGuard | undefined,
  firstLine?: number,
): Cell {
  if (guard === undefined) return parseYaml(text, shownName, firstLine);
  guard.yaml(text);
  return parseYaml(text, shownName, firstLine, {
    values: INLINE_YAML_VALUES,
    exceeded: () => new NeedsReader("too many values"),
  });
}

function tableOf(value: Cell, label: string, fail: (reason: string) => HearthError): Table {
  if (!isRow(value)) return tableFromJson(value, fail);
  return { ...tableFromJson([value], fail), labels: columnFromCells("", [label]) };
}

function isRow(value: Cell): boolean {
  if (!isCellObject(value)) return false;
  const keys = keysOf(value);
  return keys.length > 0 && keys.every((key) => !Array.isArray(value[key]) && !isCellObject(value[key]));
}

/** The text of a source's file, without a byte order mark, and its name in quotes. Throws as `openSource`, `readWhole`. */
export async function readTextFile(
  source: DataSource,
  context: ReadContext,
): Promise<{ readonly text: string; readonly shownName: string }> {
  const file = await openSource(source, context);
  try {
    const limit = { bytes: context.memoryLimit, hint: HINT, signal: context.signal };
    const shownName = `"${file.shownPath}"`;
    context.guard?.text(file.stamp.size);
    const input = fileInput(file);
    const bytes = await readWhole(context.guard === undefined ? decompressed(input) : input, limit);
    if (context.guard !== undefined && isPacked(file.shownPath, bytes)) throw new NeedsReader("packed");
    return { text: decodeUtf8(bytes, shownName).replace(/^\uFEFF/, ""), shownName };
  } finally {
    file.close();
  }
}
