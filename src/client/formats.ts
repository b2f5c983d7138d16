/** The formats that travel as a body, in either direction. */
export type StreamFormat = "csv" | "json" | "ndjson" | "yaml" | "excel" | "parquet" | "arrow";

/** What a body that is sent can be in, besides. */
export type BodyType = StreamFormat | "tsv" | "markdown" | "bibtex";

const OTHER_BODY_TYPES: readonly string[] = ["tsv", "markdown", "bibtex"];

interface FormatFacts {
  readonly mediaType: string;
  readonly isBinary: boolean;
}

/** Every format that can be asked for with `?format=` or sent as a body. */
export const STREAM_FORMATS: Readonly<Record<StreamFormat, FormatFacts>> = {
  csv: { mediaType: "text/csv", isBinary: false },
  json: { mediaType: "application/json", isBinary: false },
  ndjson: { mediaType: "application/x-ndjson", isBinary: false },
  yaml: { mediaType: "application/yaml", isBinary: false },
  excel: {
    mediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    isBinary: true,
  },
  parquet: { mediaType: "application/vnd.apache.parquet", isBinary: true },
  arrow: { mediaType: "application/vnd.apache.arrow.stream", isBinary: true },
};

const TYPES_BY_EXTENSION: Readonly<Record<string, string>> = {
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  json: "json",
  ndjson: "ndjson",
  jsonl: "ndjson",
  yaml: "yaml",
  yml: "yaml",
  xlsx: "excel",
  xlsm: "excel",
  xls: "excel",
  md: "markdown",
  markdown: "markdown",
  bib: "bibtex",
  bibtex: "bibtex",
  parquet: "parquet",
  pq: "parquet",
  arrow: "arrow",
  arrows: "arrow",
};

/** The type that a file's name tells, looking through `.gz` and `.zst`; undefined for another or no extension. */
export function typeOfName(name: string): string | undefined {
  const extension = /\.([^./\\]+)(?:\.(?:gz|zst))?$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(TYPES_BY_EXTENSION, extension) ? TYPES_BY_EXTENSION[extension] : undefined;
}

/** True for a format that can travel as a body. */
export function isStreamFormat(name: string): name is StreamFormat {
  return Object.hasOwn(STREAM_FORMATS, name);
}

/** True for what a body that is sent can be in. */
export function isBodyType(name: string): name is BodyType {
  return isStreamFormat(name) || OTHER_BODY_TYPES.includes(name);
}
