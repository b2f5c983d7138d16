import { HearthError } from "../../errors.ts";
import { didYouMean, listNames } from "../../nearest.ts";
import { createRegistry } from "../registry.ts";
import { isCellObject } from "../json-keys.ts";
import type { FolderWriter, Writer } from "../target.ts";

/** All output formats. A new one is a file in this folder and an entry here; nothing is loaded before it is used. */
export const WRITERS = createRegistry<Writer>([
  {
    type: "json",
    extensions: [".json"],
    mediaTypes: ["application/json"],
    load: async () => (await import("./json.ts")).jsonWriter,
  },
  {
    type: "ndjson",
    extensions: [".ndjson", ".jsonl"],
    mediaTypes: ["application/x-ndjson", "application/ndjson", "application/jsonl"],
    load: async () => (await import("./json.ts")).ndjsonWriter,
  },
  {
    type: "csv",
    extensions: [".csv"],
    mediaTypes: ["text/csv"],
    load: async () => (await import("./csv.ts")).csvWriter,
  },
  {
    type: "tsv",
    extensions: [".tsv"],
    mediaTypes: ["text/tab-separated-values"],
    load: async () => (await import("./csv.ts")).tsvWriter,
  },
  {
    type: "yaml",
    extensions: [".yaml", ".yml"],
    mediaTypes: ["application/yaml", "application/x-yaml", "text/yaml"],
    load: async () => (await import("./yaml.ts")).yamlWriter,
  },
  {
    type: "markdown",
    extensions: [".md", ".markdown"],
    mediaTypes: ["text/markdown"],
    load: async () => (await import("./yaml.ts")).markdownWriter,
  },
  {
    type: "excel",
    extensions: [".xlsx"],
    mediaTypes: ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
    load: async () => (await import("./excel.ts")).excelWriter,
  },
  {
    type: "bibtex",
    extensions: [".bib", ".bibtex"],
    mediaTypes: ["application/x-bibtex"],
    load: async () => (await import("./bibtex.ts")).bibtexWriter,
  },
  {
    type: "parquet",
    extensions: [".parquet", ".pq"],
    mediaTypes: ["application/vnd.apache.parquet"],
    load: async () => (await import("./parquet.ts")).parquetWriter,
  },
  {
    type: "arrow",
    extensions: [".arrows", ".arrow"],
    mediaTypes: ["application/vnd.apache.arrow.stream"],
    load: async () => (await import("./arrow.ts")).arrowWriter,
  },
]);

/** Outputs of one file a row. */
export const FOLDER_OUTPUTS: readonly string[] = [
  "yaml_directory",
  "json_directory",
  "markdown_directory",
  "meta_directory",
];

/** The writer of an output whose type is one of `FOLDER_OUTPUTS`; undefined for any other. */
export function folderWriterOf(output: unknown): Promise<FolderWriter> | undefined {
  const type = isCellObject(output) ? output["type"] : undefined;
  const known = FOLDER_OUTPUTS.find((each) => each === type);
  return known === undefined
    ? undefined
    : import("./folder.ts").then(({ FOLDER_WRITERS }) => FOLDER_WRITERS[known] as FolderWriter);
}

/** All types that an output may name, `auto` included. */
export const OUTPUT_TYPES: readonly string[] = [...WRITERS.types, ...FOLDER_OUTPUTS, "auto"];

/**
 * The writer of an output type, `auto` going by the extension of `filename`. Throws `type-unknown` with the nearest
 * name.
 */
export function writerOf(type: string, filename: string): Promise<Writer> | Writer {
  const known = type === "auto" ? WRITERS.typeOfFile(filename) : type;
  const writer = known === undefined ? undefined : WRITERS.get(known);
  if (writer !== undefined) return writer;
  if (known === undefined) {
    throw new HearthError("type-unknown", `The name "${filename}" does not tell the type of the output`, {
      hint: `Name one as "type": ${listNames(WRITERS.types)}.`,
    });
  }
  throw new HearthError("type-unknown", `Unknown type "${type}" of an output`, {
    hint: didYouMean(type, OUTPUT_TYPES),
  });
}
