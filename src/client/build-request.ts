import type { DataSource } from "../data/source.ts";
import { type BodyType, isStreamFormat, STREAM_FORMATS, type StreamFormat } from "./formats.ts";
import type { RequestOptions } from "./options.ts";
import { stringifyBody } from "./parse-answer.ts";
import type { ClientRequest } from "./send.ts";

/** Data that the client sends along instead of naming a file. */
export interface DataBody {
  readonly type: BodyType;
  readonly body: ReadableStream<Uint8Array> | Uint8Array | string;
  /** Parameters of that type, such as `delimiter`; objects are sent as JSON. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** What can be read: a file by its name, a data source as on the wire, or data in a body. */
export type ReadSource = string | DataSource | DataBody;

export interface ReadOptions extends RequestOptions {
  /** The source's type where its name doesn't tell; for a source given by name. */
  readonly type?: string;
  /** Further parameters of the source, such as `sheet`; for a source given by name. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** What an operation works on: at least one of them, unless it needs nothing. */
export interface ComputeInput extends RequestOptions {
  /** Read as the table `data`. */
  readonly source?: string | DataSource;
  /** Read as further tables, by name. */
  readonly sources?: Readonly<Record<string, string | DataSource>>;
  /** Rows sent along. */
  readonly records?: readonly Readonly<Record<string, unknown>>[];
  /** Order of the columns of `records`. */
  readonly columns?: readonly string[];
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The wire takes one of both: beside other tables the first one is a table like them, named `data`. */
function tablesOf(source: ComputeInput["source"], sources: ComputeInput["sources"]): Record<string, unknown> {
  if (sources === undefined) return source === undefined ? {} : { data_source: sourceOf(source) };
  const named = mapValues(sources, sourceOf);
  return { sources: source === undefined ? named : { data: sourceOf(source), ...named } };
}

/** Where data goes: a file by its name, or an output as on the wire. */
export type WriteOutput =
  | string
  | { readonly filename: string; readonly type?: string; readonly [key: string]: unknown };

/** `POST /api/read_data`. */
export function readRequest(
  source: ReadSource,
  format: StreamFormat,
  options: ReadOptions = {},
): ClientRequest {
  const limits = limitsOf(options);
  if (isDataBody(source)) {
    const path = `/api/read_data${query({ ...source.options, type: source.type, format })}`;
    return { ...bodyRequest(path, source), ...limits };
  }
  const named = sourceOf(source);
  const data_source = { ...named, ...options.parameters, type: options.type ?? named.type };
  return { ...jsonRequest(`/api/read_data${query({ format })}`, { data_source }), ...limits };
}

/** Where the fields of a text are looked for. */
export interface FieldsOptions extends RequestOptions {
  /** Interfaces that have what the front matter has not; default `_lamd.yml`, `_config.yml`. */
  readonly configFiles?: readonly string[];
  /** Look only into the first config that exists, as lynguine does. */
  readonly firstConfig?: boolean;
  /** `python`: each value is the text that Python's `str` gives. */
  readonly spelling?: "json" | "python";
  /** Folder that the names count from. */
  readonly directory?: string;
}

/** `POST /api/talk/fields`. */
export function fieldsRequest(
  file: string,
  fields: readonly string[],
  options: FieldsOptions = {},
): ClientRequest {
  const { configFiles, firstConfig, spelling, directory } = options;
  const body = {
    fields,
    markdown_file: file,
    config_files: configFiles,
    first_config: firstConfig,
    spelling,
    directory,
  };
  return { ...jsonRequest("/api/talk/fields", body), ...limitsOf(options) };
}

export interface InterfaceOptions extends RequestOptions {
  /** Folder that the file's name counts from. */
  readonly directory?: string;
}

/** `POST /api/interface/read` and `/api/interface/check`. */
export function interfaceRequest(
  path: "read" | "check",
  file: string,
  field: string | undefined,
  options: InterfaceOptions = {},
): ClientRequest {
  const body = { interface_file: file, field, directory: options.directory };
  return { ...jsonRequest(`/api/interface/${path}`, body), ...limitsOf(options) };
}

/** `POST /api/compute`. */
export function computeRequest(operation: string, format: StreamFormat, input: ComputeInput): ClientRequest {
  const { source, sources, records, columns, params } = input;
  const body = {
    operation,
    ...tablesOf(source, sources),
    ...(records === undefined ? {} : { data: { records, columns } }),
    ...(params === undefined ? {} : { params }),
  };
  return { ...jsonRequest(`/api/compute${query({ format })}`, body), ...limitsOf(input) };
}

/** `POST /api/write_data` with rows in the body. */
export function writeRowsRequest(
  rows: readonly Readonly<Record<string, unknown>>[],
  output: WriteOutput,
  options: RequestOptions & { readonly columns?: readonly string[] } = {},
): ClientRequest {
  const named = typeof output === "string" ? { filename: output } : output;
  const body = { data: { records: rows, columns: options.columns }, output: { type: "auto", ...named } };
  return { ...jsonRequest("/api/write_data", body), ...limitsOf(options), isRepeatable: false };
}

/** `POST /api/write_data?output=` with the data itself as the body; the body's own parameters stand behind `from.`. */
export function writeBodyRequest(
  data: DataBody,
  output: WriteOutput,
  options: RequestOptions = {},
): ClientRequest {
  const { filename, ...rest } = typeof output === "string" ? { filename: output } : output;
  const from = Object.entries(data.options ?? {}).map(([name, value]) => [`from.${name}`, value] as const);
  const parameters = { ...Object.fromEntries(from), ...rest, from: data.type, output: filename };
  return {
    ...bodyRequest(`/api/write_data${query(parameters)}`, data),
    ...limitsOf(options),
    isRepeatable: false,
  };
}

function bodyRequest(path: string, { body, type }: DataBody): ClientRequest {
  // The query names the type; this one is for whoever else looks at the request.
  const mediaType = isStreamFormat(type) ? STREAM_FORMATS[type].mediaType : "application/octet-stream";
  return {
    method: "POST",
    path,
    headers: { "content-type": mediaType },
    body: body instanceof ReadableStream ? body : () => body as BodyInit,
  };
}

/** A POST with a JSON body. */
export function jsonRequest(path: string, body: unknown): ClientRequest {
  return {
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body: stringifyBody(body),
  };
}

/** A query string of what is defined; what is no text travels as JSON. */
export function query(parameters: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const text = typeof value === "string" ? value : stringifyBody(value);
      return `${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
    });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function sourceOf(source: string | DataSource): DataSource {
  return typeof source === "string" ? { type: "auto", filename: source } : source;
}

function isDataBody(source: ReadSource): source is DataBody {
  return typeof source === "object" && "body" in source;
}

/** The limits of one call, without whatever else its options say. */
export function limitsOf({ timeoutSeconds, retries, signal }: RequestOptions): RequestOptions {
  return { timeoutSeconds, retries, signal };
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
