import { isStreamFormat, STREAM_FORMATS, type StreamFormat, typeOfName } from "../../client/formats.ts";
import { HearthError } from "../../errors.ts";

/** How a command shows a table: a format of the wire, or a table for people. */
export type OutputFormat = StreamFormat | "table";

/** Values of `--format`. */
export const OUTPUT_FORMATS: readonly OutputFormat[] = [
  "table",
  ...Object.keys(STREAM_FORMATS),
] as OutputFormat[];

export interface FormatFlags {
  readonly format?: string | undefined;
  /** The file of `-o`; "-" is stdout. */
  readonly output?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * What was said with `--format` or `--json`, else what the output's name tells, else a table for a person and JSON for a
 * pipe. Throws `usage` for a file whose name tells nothing, and for binary data on a terminal.
 */
export function chooseFormat({ format, output, json }: FormatFlags, stdoutIsTerminal: boolean): OutputFormat {
  const said = format ?? (json === true ? "json" : undefined);
  const isFile = output !== undefined && output !== "-";
  const chosen = said ?? (isFile ? formatOfFile(output) : stdoutIsTerminal ? "table" : "json");
  if (chosen === "table") return chosen;
  if (!isStreamFormat(chosen)) throw unwritable(output ?? "", chosen);
  if (isFile && STREAM_FORMATS[chosen].isBinary && PACKED.test(output)) throw packedInside(output, chosen);
  if (STREAM_FORMATS[chosen].isBinary && !isFile && stdoutIsTerminal) {
    throw new HearthError("usage", `${chosen} is binary, which a terminal can't show`, {
      hint: `Write it to a file: -o data.${chosen}.`,
    });
  }
  return chosen;
}

/** Endings of files that are packed as a whole, which any text format may be. */
const PACKED = /\.(?:gz|zst)$/i;

function packedInside(name: string, format: string): HearthError {
  return new HearthError("usage", `Files of type "${format}" are packed inside, not as a whole`, {
    hint: `Name it "${name.replace(PACKED, "")}".`,
  });
}

function formatOfFile(name: string): string {
  const type = typeOfName(name);
  if (type === undefined) throw unwritable(name, undefined);
  return type;
}

function unwritable(name: string, type: string | undefined): HearthError {
  const what =
    type === undefined ? `The name "${name}" doesn't tell the format` : `${type} can't be written here`;
  return new HearthError("usage", what, { hint: `Say it: --format ${OUTPUT_FORMATS.slice(1).join("|")}.` });
}
