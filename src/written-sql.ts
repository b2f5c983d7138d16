/** A text of a person inside SQL that a command or the page put together. */
export interface WrittenText {
  /** What the person calls it: `--where`, `the filter`. */
  readonly name: string;
  readonly text: string;
  /** False for a name of a column: it says enough itself, so that its place is only the flag. */
  readonly hasPlaces?: boolean;
}

interface Part extends WrittenText {
  /** Where it begins in the SQL, in UTF-16 units. */
  readonly start: number;
}

/** SQL that is sent as `params.query`, with the texts of a person in it. */
export interface WrittenSql {
  readonly sql: string;
  readonly parts: readonly Part[];
}

/** SQL of our own words (texts), of what a person wrote, and of other such SQL. */
export function writtenSql(...pieces: readonly (string | WrittenText | WrittenSql)[]): WrittenSql {
  let sql = "";
  const parts: Part[] = [];
  for (const piece of pieces) {
    const start = sql.length;
    if (typeof piece === "string") {
      sql += piece;
    } else if ("sql" in piece) {
      parts.push(...piece.parts.map((part) => ({ ...part, start: start + part.start })));
      sql += piece.sql;
    } else {
      parts.push({ ...piece, start });
      sql += piece.text;
    }
  }
  return { sql, parts };
}

const PLACE = / in params\.query(?:, line (\d+), column (\d+))?$/;

/** The server's message about this SQL, with its places in what the person wrote, and by the person's names. */
export function inWrittenWords(message: string, { sql, parts }: WrittenSql): string {
  const [only] = parts;
  const name = only !== undefined && parts.length === 1 ? only.name : "the query";
  const place = PLACE.exec(message);
  if (place === null) return message.replace(/^params\.query\b/, name);
  const before = message.slice(0, place.index);
  if (place[1] === undefined) return parts.length === 1 ? `${before} in ${name}` : before;
  const offset = offsetOf(sql, Number(place[1]), Number(place[2]));
  const part = parts.findLast(({ start }) => start <= offset);
  if (part === undefined) return before;
  const at = offset - part.start;
  if (at <= part.text.length) return `${before}${placeIn(part, at)}`;
  // Our own words follow the text and are what the server stumbles over: the text itself goes no further.
  const said = before.replace(/^Syntax error near "[^]*"$/, "Syntax error: the text ends too early");
  return said === before ? before : `${said}${placeIn(part, part.text.length)}`;
}

/** The same for a text that was sent as it is, as the parameter `label`. */
export function inFlagsWords(message: string, label: string, name: string): string {
  const words = message.startsWith(`${label} `) ? `${name}${message.slice(label.length)}` : message;
  const end = words.lastIndexOf(` in ${label}`);
  const place =
    end < 0 ? null : /^(?:, line (\d+), column (\d+))?$/.exec(words.slice(end + 4 + label.length));
  if (place === null) return words;
  const [, line, column] = place;
  const where = line === undefined ? "" : `${line === "1" ? "" : `, line ${line}`}, column ${column}`;
  return `${words.slice(0, end)} in ${name}${where}`;
}

function placeIn({ name, text, hasPlaces = true }: Part, at: number): string {
  if (!hasPlaces) return ` in ${name}`;
  const lines = text.slice(0, at).split("\n");
  const column = [...(lines.at(-1) ?? "")].length + 1;
  const line = text.trimEnd().includes("\n") ? `, line ${lines.length}` : "";
  return ` in ${name}${line}, column ${column}`;
}

/** The UTF-16 units before a place; columns count code points, as the server does. */
function offsetOf(sql: string, line: number, column: number): number {
  const lines = sql.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return before + [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
}
