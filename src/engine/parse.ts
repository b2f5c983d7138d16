import type { DuckDBConnection } from "@duckdb/node-api";
import { HearthError } from "../errors.ts";
import { faultOf } from "./fault.ts";
import type { Node } from "./guard.ts";
import type { Origin } from "./position.ts";

/** UTF-8 bytes; the syntax tree of a query takes some hundred times its length. */
const MAX_QUERY_BYTES = 1 << 20;

/** The engine's time for them grows with their square (16,000: 6 s), and its parsing cannot be interrupted. */
const MAX_COMMENTS = 1000;

/** A statement that was parsed, and the SQL that runs it. */
export interface ParsedQuery {
  readonly tree: Node;
  /** Of an EXPLAIN our own word before the very text that was parsed: what was not parsed is never run. */
  readonly sql: string;
  /** Where the caller's text stands in `sql`. */
  readonly origin: Origin;
}

/**
 * The syntax tree of one statement that only reads: SELECT, WITH, FROM, VALUES, TABLE, DESCRIBE, SUMMARIZE, PIVOT with
 * its values named, and EXPLAIN of these.
 *
 * Throws `query-refused` for any other statement or for several, `query-invalid` for what cannot be parsed.
 */
export async function parseQuery(
  connection: DuckDBConnection,
  label: string,
  text: string,
): Promise<ParsedQuery> {
  const { prefix, word } = explainOf(text);
  const inner = text.slice(prefix.length);
  const bytesBefore = new TextEncoder().encode(prefix).length;
  // Positions count from the inner text; the origin of the whole lies that much before it.
  const tree = await parseTree(connection, inner, { label, text, start: -bytesBefore });
  const statements = tree["statements"] as readonly Node[];
  const [only] = statements;
  if (only !== undefined && statements.length === 1) {
    return { tree: only, sql: `${word}${inner}`, origin: { label, text, start: word.length - bytesBefore } };
  }
  if (statements.length === 0) throw new HearthError("query-invalid", `${label} is empty`);
  throw new HearthError("query-refused", `${label} holds ${statements.length} statements`, {
    hint: "Send one statement at a time.",
  });
}

/** How far a text reaches that only says EXPLAIN, comments before it included, and the same in plain words. */
function explainOf(text: string): { prefix: string; word: string } {
  const start = afterComments(text, 0);
  const said = /^explain(\s+analyze)?(?=[\s(]|$)/i.exec(text.slice(start, start + MAX_EXPLAIN));
  if (said === null) return { prefix: "", word: "" };
  return {
    prefix: text.slice(0, start + said[0].length),
    word: said[1] === undefined ? "EXPLAIN " : "EXPLAIN ANALYZE ",
  };
}

/** Characters of `EXPLAIN ANALYZE` with any sensible blanks between. */
const MAX_EXPLAIN = 1000;

/** Where blanks, semicolons and comments end. By hand: a pattern of repeated comments can take for ever to fail. */
function afterComments(text: string, from: number, isBlank = /\s/): number {
  let at = from;
  for (;;) {
    if (isBlank.test(text.charAt(at))) at += 1;
    else if (text.startsWith("--", at)) at = endOf(text, "\n", at);
    else if (text.startsWith("/*", at)) at = afterBlock(text, at);
    else return at;
  }
}

/** In the engine's SQL a comment can hold another. */
function afterBlock(text: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? text.length : at + mark.length;
}

/** The engine's own parse of a text, as JSON: `{statements}`. Throws as `parseQuery`. */
export async function parseTree(connection: DuckDBConnection, text: string, origin: Origin): Promise<Node> {
  if (text.includes("\0")) throw new HearthError("query-invalid", `${origin.label} holds a NUL character`);
  if (text.length > MAX_QUERY_BYTES)
    throw new HearthError("query-invalid", `${origin.label} is longer than 1 MiB`);
  if (text.split("/*", MAX_COMMENTS + 2).length > MAX_COMMENTS + 1)
    throw new HearthError("query-invalid", `${origin.label} has more than ${MAX_COMMENTS} comments`);
  const result = await connection.run("SELECT json_serialize_sql($1::VARCHAR)", [text]);
  const [row] = await result.getRowsJson();
  const tree = JSON.parse(String(row?.[0])) as Node;
  if (tree["error"] !== true) return tree;
  if (tree["error_type"] === "not implemented") throw onlyReads(text, origin);
  const { error_message: message, position } = tree;
  const failure = { exception_type: "Parser", exception_message: message, position };
  throw faultOf(new Error(JSON.stringify(failure)), [origin]);
}

function onlyReads(text: string, origin: Origin): HearthError {
  const start = afterComments(text, 0, /[\s;]/);
  const word = /^[a-z_]+/i.exec(text.slice(start, start + 40))?.[0].toUpperCase();
  if (word === "PIVOT") {
    return new HearthError("query-refused", `PIVOT in ${origin.label} needs the values to make columns of`, {
      hint: "Name them: PIVOT data ON column IN ('a', 'b') USING ...",
    });
  }
  const what = word === undefined ? "this statement" : word;
  return new HearthError("query-refused", `${origin.label} may only read; ${what} is not allowed`, {
    hint: "Begin with SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE or EXPLAIN.",
  });
}
