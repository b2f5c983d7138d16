/** What the engine says of a failure when `errors_as_json` is on; its texts are the engine's: shown in words of hearth's own. */
export interface EngineFailure {
  /** Kind, such as "Parser" or "Out of Memory". */
  readonly kind: string;
  readonly message: string;
  /** The kind within the kind, such as "COLUMN_NOT_FOUND". */
  readonly subtype: string | undefined;
  /** Byte offset in the SQL. */
  readonly position: number | undefined;
  /** The unknown name. */
  readonly name: string | undefined;
  /** What the name should have been of: "Table", "Scalar Function", ... */
  readonly type: string | undefined;
  readonly candidates: readonly string[];
}

/** Reads the engine's error. Some of its own calls put words in front of the JSON, or know only `Kind Error: words`. */
export function parseEngineError(error: unknown): EngineFailure {
  const text = error instanceof Error ? error.message : String(error);
  return fromJson(text) ?? fromWords(text);
}

function fromJson(text: string): EngineFailure | undefined {
  const start = text.indexOf('{"exception_type"');
  if (start < 0) return undefined;
  try {
    const fields = JSON.parse(text.slice(start)) as Record<string, string | undefined>;
    const position = Number(fields["position"] ?? Number.NaN);
    return {
      kind: fields["exception_type"] ?? "",
      message: fields["exception_message"] ?? "",
      subtype: fields["error_subtype"],
      position: Number.isSafeInteger(position) ? position : undefined,
      name: fields["name"],
      type: fields["type"],
      candidates: (fields["candidates"] ?? "").split(",").filter((name) => name !== ""),
    };
  } catch {
    return undefined;
  }
}

function fromWords(text: string): EngineFailure {
  const [, kind = "", message = text] = /^([A-Z][A-Za-z -]*?) Error: ([^]*)$/.exec(text) ?? [];
  return {
    kind,
    message,
    subtype: undefined,
    position: undefined,
    name: undefined,
    type: undefined,
    candidates: [],
  };
}
