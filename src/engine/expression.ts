import type { DuckDBConnection } from "@duckdb/node-api";
import { HearthError } from "../errors.ts";
import { checkTree, nodesOf, type Node } from "./guard.ts";
import { parseTree } from "./parse.ts";
import type { Origin } from "./position.ts";

const PREFIX = "SELECT ";
const IN_BRACKETS = "SELECT (";

/**
 * Checks that a text is one SQL expression and nothing more, so that it can stand in brackets inside a query: no second
 * expression, alias, clause, statement or open comment. Both the bare and the bracketed text must parse to exactly one
 * selected value; what needs the bracket to close early (`1) FROM (SELECT 2`) fails bare.
 *
 * Throws `query-invalid` or `query-refused`, naming the parameter and the place in it.
 */
export async function checkExpression(
  connection: DuckDBConnection,
  label: string,
  text: string,
  tables: readonly string[],
): Promise<void> {
  if (text.trim() === "")
    throw new HearthError("request-invalid", `${label} is empty; expected an SQL expression`);
  const origin: Origin = { label, text, start: PREFIX.length };
  const bare = await parseTree(connection, `${PREFIX}${text}\n`, origin);
  checkSingle(bare, label);
  const bracketed = { ...origin, start: IN_BRACKETS.length };
  checkSingle(await parseTree(connection, `${IN_BRACKETS}${text}\n)`, bracketed), label);
  checkTree(bare, { tables, origin });
}

function checkSingle(tree: Node, label: string): void {
  const statements = tree["statements"] as readonly Node[];
  const node = statements[0]?.["node"] as Node | undefined;
  const list = (node?.["select_list"] ?? []) as readonly Node[];
  const value = list[0];
  const isOne = statements.length === 1 && node?.["type"] === "SELECT_NODE" && list.length === 1;
  if (!isOne || value === undefined || !isBare(node as Node) || value["alias"] !== "") {
    throw new HearthError("query-invalid", `${label} is not one SQL expression`, {
      hint: "Write only the expression, without SELECT, FROM, AS or a second value.",
    });
  }
  if ([...nodesOf(value)].some((part) => part["class"] === "STAR" && part["columns"] !== true)) {
    throw new HearthError("query-invalid", `${label} gives several columns; expected one value`);
  }
}

/** True for a SELECT that has nothing but its list. */
function isBare(node: Node): boolean {
  const isEmpty = (part: unknown) =>
    part === null || part === undefined || (Array.isArray(part) && part.length === 0);
  const withs = (node["cte_map"] as Node | undefined)?.["map"];
  return (
    (node["from_table"] as Node | undefined)?.["type"] === "EMPTY" &&
    [node["modifiers"], node["where_clause"], node["group_expressions"], withs].every(isEmpty) &&
    [node["having"], node["sample"], node["qualify"]].every(isEmpty)
  );
}
