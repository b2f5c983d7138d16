import { writtenSql, type WrittenSql } from "../../written-sql.ts";

/** Which rows of a file are meant: an SQL text over the table `data`. */
export interface Query {
  readonly filename: string;
  /** The whole query that a person wrote; undefined: all of the file. */
  readonly sql: string | undefined;
  /** A condition, as it stands behind `where`. */
  readonly filter: string;
  readonly order: { readonly column: string; readonly isDown: boolean } | undefined;
}

/** A name as SQL takes it, whatever stands in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The SQL of the rows that are meant. */
export function sqlOf(query: Query): string {
  return writtenOf(query).sql;
}

/** The same with the texts that a person wrote, by whose places errors speak. */
export function writtenOf({ filter, order, sql }: Query): WrittenSql {
  // A line end behind each: what was written may end with a comment.
  const from =
    sql === undefined ? ["data"] : ["(", { name: "your query", text: withoutEnd(sql) }, "\n) as result"];
  const where = filter.trim() === "" ? [] : [" where (", { name: "the filter", text: filter }, "\n)"];
  const by =
    order === undefined
      ? ""
      : ` order by ${quoted(order.column)} ${order.isDown ? "desc" : "asc"} nulls last`;
  return writtenSql("select * from ", ...from, ...where, by);
}

function withoutEnd(sql: string): string {
  return sql.trimEnd().replace(/;\s*$/, "");
}
