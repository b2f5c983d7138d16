import type { LoadedColumn, LoadedTable } from "../engine/load.ts";
import type { Wanted } from "../engine/retype.ts";
import { quoteName } from "../engine/sql-text.ts";
import { numbered } from "./sql-builder.ts";

/** The ways to join; `outer` keeps all rows of both sides. */
export const JOIN_KINDS = ["inner", "left", "right", "outer", "semi", "anti", "cross"] as const;
export type JoinKind = (typeof JOIN_KINDS)[number];

const JOIN_WORDS: Readonly<Record<JoinKind, string>> = {
  inner: "JOIN",
  left: "LEFT JOIN",
  right: "RIGHT JOIN",
  outer: "FULL JOIN",
  semi: "SEMI JOIN",
  anti: "ANTI JOIN",
  cross: "CROSS JOIN",
};

/** A pair of columns that must be equal. */
export interface JoinKey {
  readonly left: LoadedColumn;
  readonly right: LoadedColumn;
}

/**
 * The query of a join. A key of the same name on both sides comes once, with whichever side's value is there; rows
 * stand in the left table's order, equal ones in the right table's, unmatched right rows last.
 */
export function joinSql(
  left: LoadedTable,
  right: LoadedTable,
  keys: readonly JoinKey[],
  how: JoinKind,
): { sql: string; wanted: Wanted[] } {
  const [a, b] = [numbered(left), numbered(right)];
  const isHalf = how === "semi" || how === "anti";
  const shared = keys.filter((key) => key.left.name === key.right.name);
  const columns = left.columns.map((column) =>
    leftColumn(
      column,
      shared.find((key) => key.left === column),
      isHalf,
    ),
  );
  if (!isHalf) columns.push(...rightColumns(left, right, shared));
  const on = keys
    .map((key) => `l.${quoteName(key.left.sqlName)} = r.${quoteName(key.right.sqlName)}`)
    .join(" AND ");
  const order = isHalf ? `l.${a.row}` : `l.${a.row} NULLS LAST, r.${b.row} NULLS LAST`;
  const from = `${a.from} l ${JOIN_WORDS[how]} ${b.from} r${on === "" ? "" : ` ON ${on}`}`;
  const sql = `SELECT ${columns.map((column) => column.sql).join(", ")} FROM ${from} ORDER BY ${order}`;
  return { sql, wanted: columns };
}

type JoinedColumn = Wanted & { readonly sql: string };

/** A shared key comes from whichever side has it; semi and anti joins have only the left one. */
function leftColumn(
  { name, dtype, sqlName }: LoadedColumn,
  key: JoinKey | undefined,
  isHalf: boolean,
): JoinedColumn {
  const own = `l.${quoteName(sqlName)}`;
  if (key === undefined || isHalf) return { name, dtype, sql: own };
  const isAlike = key.left.sqlType === key.right.sqlType;
  return {
    name,
    dtype: isAlike ? dtype : undefined,
    sql: `coalesce(${own}, r.${quoteName(key.right.sqlName)})`,
  };
}

function rightColumns(left: LoadedTable, right: LoadedTable, shared: readonly JoinKey[]): JoinedColumn[] {
  const taken = new Set([...left.columns, ...right.columns].map(({ name }) => String(name)));
  const onLeft = new Set(left.columns.map(({ name }) => String(name)));
  const rest = right.columns.filter((column) => !shared.some((key) => key.right === column));
  return rest.map(({ name, dtype, sqlName }) => {
    let free = name;
    if (onLeft.has(String(name))) {
      free = `${name}_right`;
      while (taken.has(free)) free = `${free}_right`;
      taken.add(free);
    }
    return { name: free, dtype, sql: `r.${quoteName(sqlName)}` };
  });
}
