import { refuseUrl } from "../../access/found.ts";
import { HearthError } from "../../errors.ts";
import { didYouMean, listNames } from "../../nearest.ts";
import { createRegistry, type Descriptor } from "../registry.ts";
import { filenameOf } from "../source-check.ts";
import type { DataSource, Reader } from "../source.ts";

/** All source types. A new one is a file in this folder and an entry here; nothing is loaded before it is used. */
export const READERS = createRegistry<Reader>([
  {
    type: "csv",
    extensions: [".csv"],
    mediaTypes: ["text/csv"],
    load: async () => (await import("./csv.ts")).csvReader,
  },
  {
    type: "tsv",
    extensions: [".tsv"],
    mediaTypes: ["text/tab-separated-values"],
    load: async () => (await import("./csv.ts")).tsvReader,
  },
  {
    type: "json",
    extensions: [".json"],
    mediaTypes: ["application/json"],
    load: async () => (await import("./json.ts")).jsonReader,
  },
  {
    type: "ndjson",
    extensions: [".ndjson", ".jsonl"],
    mediaTypes: ["application/x-ndjson", "application/ndjson", "application/jsonl"],
    load: async () => (await import("./ndjson.ts")).ndjsonReader,
  },
  {
    type: "parquet",
    extensions: [".parquet", ".pq"],
    mediaTypes: ["application/vnd.apache.parquet"],
    load: async () => (await import("./parquet.ts")).parquetReader,
  },
  {
    type: "arrow",
    extensions: [".arrows", ".arrow", ".feather"],
    mediaTypes: ["application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"],
    load: async () => (await import("./arrow.ts")).arrowReader,
  },
  {
    type: "yaml",
    extensions: [".yaml", ".yml"],
    mediaTypes: ["application/yaml", "application/x-yaml", "text/yaml"],
    load: async () => (await import("./yaml.ts")).yamlReader,
  },
  {
    type: "markdown",
    extensions: [".md", ".markdown"],
    mediaTypes: ["text/markdown"],
    load: async () => (await import("./markdown.ts")).markdownReader,
  },
  {
    type: "excel",
    extensions: [".xlsx", ".xls", ".xlsm"],
    mediaTypes: [
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "application/vnd.ms-excel",
    ],
    load: async () => (await import("./excel.ts")).excelReader,
  },
  {
    type: "bibtex",
    extensions: [".bib", ".bibtex"],
    mediaTypes: ["application/x-bibtex"],
    load: async () => (await import("./bibtex.ts")).bibtexReader,
  },
  ...named({
    local: async () => (await import("./local.ts")).localReader,
    fake: async () => (await import("./fake.ts")).fakeReader,
    hstack: async () => (await import("./stack.ts")).hstackReader,
    vstack: async () => (await import("./stack.ts")).vstackReader,
    stack: async () => (await import("./stack.ts")).rowStackReader,
    series: async () => (await import("./stack.ts")).seriesReader,
    yaml_directory: async () => (await import("./directory.ts")).yamlDirectoryReader,
    json_directory: async () => (await import("./directory.ts")).jsonDirectoryReader,
    markdown_directory: async () => (await import("./directory.ts")).markdownDirectoryReader,
    bibtex_directory: async () => (await import("./directory.ts")).bibtexDirectoryReader,
    docx_directory: async () => (await import("./directory.ts")).docxDirectoryReader,
    meta_directory: async () => (await import("./directory.ts")).metaDirectoryReader,
    directory: async () => (await import("./directory.ts")).mixedDirectoryReader,
    list: async () => (await import("./directory.ts")).listReader,
    gsheet: async () => (await import("./gsheet.ts")).gsheetReader,
  }),
]);

/** Types that only a name tells, no extension and no content type. */
function named(types: Readonly<Record<string, () => Promise<Reader>>>): Descriptor<Reader>[] {
  return Object.entries(types).map(([type, load]) => ({ type, extensions: [], mediaTypes: [], load }));
}

/** The type that goes by the extension of the file name. */
export const AUTO = "auto";

/** All types that a data source may name, `auto` included. */
export const SOURCE_TYPES: readonly string[] = [...READERS.types, AUTO];

/**
 * The reader of a data source; `auto` goes by the extension of `filename`, a compression's aside. Throws `type-unknown`
 * with the nearest name, for an extension that no type knows with the class name AttributeError as lynguine;
 * `request-invalid` when `auto` has no file name.
 */
export function readerOf(source: DataSource): Promise<Reader> | Reader {
  const type = source.type === AUTO ? autoType(source) : source.type;
  const reader = READERS.get(type);
  if (reader !== undefined) return reader;
  throw new HearthError("type-unknown", `Unknown type "${type}" of a data source`, {
    hint: didYouMean(type, SOURCE_TYPES),
  });
}

function autoType(source: DataSource): string {
  const filename = filenameOf(source);
  const type = READERS.typeOfFile(filename);
  if (type !== undefined) return type;
  refuseUrl(filename);
  throw new HearthError("type-unknown", `The name "${filename}" does not tell its type`, {
    hint: `Name one as "type": ${listNames(READERS.types)}.`,
    errorType: "AttributeError",
  });
}
