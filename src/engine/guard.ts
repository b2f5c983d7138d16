import { didYouMean, listNames } from "../nearest.ts";
import { HearthError } from "../errors.ts";
import { isCatalogView, isRefusedFunction, TABLE_FUNCTIONS } from "./ast-rules.ts";
import { lowered } from "./names.ts";
import { placeOf, placeWords, type Origin } from "./position.ts";

/** A node of the engine's syntax tree, or any object in it. */
export type Node = { readonly [key: string]: unknown };

/** What a query may use. */
export interface Allowed {
  /** Names of the tables it was given. */
  readonly tables: readonly string[];
  /** For messages: the caller's text that was parsed. */
  readonly origin: Origin;
}

/**
 * Walks the whole tree of a parsed query and refuses whatever is not rows made of the given tables: other tables, views
 * of the engine's catalog, file names, table functions and functions that tell of the server, parameters. This stands
 * before the engine's own locks, and gives the better words.
 *
 * Throws `query-refused`, and `query-invalid` for a table that was not given.
 */
export function checkTree(tree: unknown, allowed: Allowed): void {
  const known = new Set([...allowed.tables.map(lowered), ...withNames(tree)]);
  let parts = 0;
  for (const node of nodesOf(tree)) {
    if (PARTS.has(node["type"])) parts += 1;
    if (parts > MAX_PARTS) throw tooManyParts(allowed);
    if (node["type"] === "BASE_TABLE") checkTable(node, known, allowed);
    else if (node["type"] === "TABLE_FUNCTION") checkTableFunction(node, allowed);
    else if (node["type"] === "SHOW_REF") checkShow(node, allowed);
    else if (node["class"] === "FUNCTION") checkFunction(node, allowed);
    else if (node["class"] === "PARAMETER") throw hasParameters(node, allowed);
  }
}

/** What the engine plans as one: its time grows with their square, and the planning cannot be interrupted. */
const PARTS: ReadonlySet<unknown> = new Set(["SELECT_NODE", "JOIN"]);

/** Planned within a second. */
const MAX_PARTS = 500;

function tooManyParts({ origin }: Allowed): HearthError {
  const message = `${origin.label} has more than ${MAX_PARTS} SELECTs and joins`;
  return new HearthError("query-invalid", message, {
    hint: "Put the values into a table, or ask in several queries.",
  });
}

/** Every object in a tree; without recursion, since a query may be nested deeply. */
export function* nodesOf(tree: unknown): Generator<Node> {
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value)) yield value as Node;
    for (const inner of Object.values(value)) open.push(inner);
  }
}

/** Names that WITH gives; never those of the catalog's views, which a query could otherwise read beside its WITH. */
function* withNames(tree: unknown): Generator<string> {
  for (const node of nodesOf(tree)) {
    const map = (node["cte_map"] as Node | undefined)?.["map"];
    if (!Array.isArray(map)) continue;
    for (const { key } of map as { key: unknown }[]) {
      if (typeof key === "string" && !isCatalogView(key)) yield lowered(key);
    }
  }
}

function checkTable(node: Node, known: ReadonlySet<string>, allowed: Allowed): void {
  const name = String(node["table_name"]);
  const place = where(node, allowed);
  const isQualified = node["schema_name"] !== "" || node["catalog_name"] !== "";
  if (!isQualified && known.has(lowered(name))) return;
  if (/[./\\:*]/.test(name)) {
    const hint =
      'Name it in "sources", as {"sources": {"NAME": {"type": "auto", "filename": ...}}}, and query NAME.';
    throw new HearthError("query-refused", `A query cannot open "${name}"${place}`, { hint });
  }
  const shown = isQualified
    ? [node["catalog_name"], node["schema_name"], name].filter(Boolean).join(".")
    : name;
  const hint =
    allowed.tables.length === 0 ? "The request gives no table." : didYouMean(shown, allowed.tables);
  throw new HearthError("query-invalid", `No table named "${shown}"${place}`, { hint });
}

function checkTableFunction(node: Node, allowed: Allowed): void {
  const name = String((node["function"] as Node | undefined)?.["function_name"] ?? "");
  if (TABLE_FUNCTIONS.has(name.toLowerCase())) return;
  throw new HearthError(
    "query-refused",
    `A query cannot read from the function "${name}"${where(node, allowed)}`,
    {
      hint: `Queries read the tables they are given: name a file in "data_source" or "sources". Allowed are ${listNames([...TABLE_FUNCTIONS])}.`,
    },
  );
}

function checkShow(node: Node, allowed: Allowed): void {
  if (node["query"] !== null && node["query"] !== undefined) return;
  const hint = `DESCRIBE and SUMMARIZE take a table: ${listNames(allowed.tables)}.`;
  throw new HearthError("query-refused", `SHOW is not allowed${where(node, allowed)}`, { hint });
}

function checkFunction(node: Node, allowed: Allowed): void {
  const name = String(node["function_name"]);
  if (!isRefusedFunction(name)) return;
  const message = `The function "${name}" is not allowed${where(node, allowed)}`;
  throw new HearthError("query-refused", message, { hint: "It tells of the server, not of the data." });
}

function hasParameters(node: Node, allowed: Allowed): HearthError {
  const message = `The query has a parameter${where(node, allowed)}`;
  return new HearthError("query-invalid", message, { hint: "Write the value into the query." });
}

function where(node: Node, { origin }: Allowed): string {
  const at = node["query_location"];
  const offset = typeof at === "number" && Number.isSafeInteger(at) ? at : undefined;
  return placeWords(placeOf(offset, [origin]), [origin]);
}
