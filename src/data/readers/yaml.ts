import { HearthError } from "../../errors.ts";
import { decompressed, fileInput } from "../bytes.ts";
import { columnFromCells, streamOf } from "../columns.ts";
import { detachTexts } from "../detach.ts";
import { isCellObject, keysOf } from "../json-keys.ts";
import { tableFromJson } from "../json-table.ts";
import { openSource, readWhole } from "../open-source.ts";
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
  parameters: [],
  options: ({ index }) => ({ index: typeof index === "string" ? index : DEFAULT_LABEL }),
  async read(source, context) {
    const { text, shownName } = await readTextFile(source, context);
    const fail = (reason: string) => new HearthError("data-invalid", `${shownName} is no table: ${reason}`);
    const label = typeof source.index === "string" ? source.index : DEFAULT_LABEL;
    return streamOf(detachTexts(tableOf(parseYaml(text, shownName), label, fail)));
  },
};

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
    const bytes = await readWhole(decompressed(fileInput(file)), limit);
    return { text: decodeUtf8(bytes, shownName).replace(/^\uFEFF/, ""), shownName };
  } finally {
    file.close();
  }
}
