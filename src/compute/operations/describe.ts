import { cellOf, collect, columnFromCells, streamOf, tableFromColumns } from "../../data/columns.ts";
import type { Cell, Column, DType } from "../../data/table.ts";
import type { LoadedColumn } from "../../engine/load.ts";
import { quoteName } from "../../engine/sql-text.ts";
import type { Operation } from "../operation.ts";
import { withMain } from "../with-main.ts";

/** The columns of the answer, and the SQL of each over a column `c`; null where the type has no such thing. */
const MEASURES: readonly {
  name: string;
  sql: (c: string, is: Kind) => string | null;
  dtype: DType | undefined;
}[] = [
  { name: "count", sql: (c) => `count(${c})`, dtype: "int64" },
  { name: "nulls", sql: (c) => `count(*) - count(${c})`, dtype: "int64" },
  { name: "unique", sql: (c) => `count(DISTINCT ${c})`, dtype: "int64" },
  { name: "min", sql: (c, is) => (is.nested ? null : `min(${c})`), dtype: undefined },
  { name: "max", sql: (c, is) => (is.nested ? null : `max(${c})`), dtype: undefined },
  { name: "mean", sql: (c, is) => (is.number ? `avg(${c})` : null), dtype: "float64" },
  { name: "std", sql: (c, is) => (is.number ? `stddev_samp(${c})` : null), dtype: "float64" },
  { name: "25%", sql: (c, is) => (is.number ? `quantile_cont(${c}::DOUBLE, 0.25)` : null), dtype: "float64" },
  { name: "50%", sql: (c, is) => (is.number ? `quantile_cont(${c}::DOUBLE, 0.5)` : null), dtype: "float64" },
  { name: "75%", sql: (c, is) => (is.number ? `quantile_cont(${c}::DOUBLE, 0.75)` : null), dtype: "float64" },
];

const NULLS = MEASURES.findIndex(({ name }) => name === "nulls");

interface Kind {
  readonly number: boolean;
  readonly nested: boolean;
}

/** One row is held in memory, however large the table. */
const ROW_LIMIT_BYTES = 1 << 30;

/** One row of figures for each column. */
export const describe: Operation = {
  name: "describe",
  summary:
    "For each column: type, values, missing and different values, least, greatest, mean, deviation, quartiles.",
  parameters: {},
  async run(_params, input) {
    return withMain(input, async (session, { name, columns }) => {
      const cells = columns.flatMap((column) => measuresOf(column).map((sql) => sql ?? "NULL"));
      const sql = `SELECT ${cells.join(", ")} FROM ${quoteName(name)}`;
      const wanted = cells.map((_, i) => ({ name: i }));
      const figures = await collect(await session.query({ sql, origins: [] }, wanted), ROW_LIMIT_BYTES);
      const cellAt = (column: number, measure: number): Cell =>
        cellOf(figures.columns[column * MEASURES.length + measure] as Column, 0);
      const measured = MEASURES.map(({ name, dtype }, m) => {
        const column = columnFromCells(
          name,
          columns.map((_, c) => cellAt(c, m)),
        );
        return dtype === "float64" ? asFloats(column) : column;
      });
      const names = columnFromCells(
        "column",
        columns.map((column) => column.name),
      );
      const types = columnFromCells(
        "type",
        columns.map((column, c) => dtypeOf(column, cellAt(c, NULLS) !== 0)),
      );
      return streamOf(tableFromColumns([names, types, ...measured]));
    });
  },
};

function measuresOf({ sqlName, sqlType }: LoadedColumn): (string | null)[] {
  const kind = {
    number: /INT$|^U?INTEGER$|^(?:DOUBLE|FLOAT|DECIMAL\b.*)$/.test(sqlType),
    nested: /^JSON$|\]$|^(?:STRUCT|MAP|UNION)\(/.test(sqlType),
  };
  return MEASURES.map(({ sql }) => sql(quoteName(sqlName), kind));
}

function dtypeOf({ dtype, natural }: LoadedColumn, hasGaps: boolean): Cell {
  return dtype ?? (hasGaps ? natural?.nullable : natural?.dtype) ?? null;
}

/** Figures are floats also when there is none at all. */
function asFloats(column: Column): Column {
  const { name, length } = column;
  const values = Float64Array.from({ length }, (_, row) => {
    const cell = cellOf(column, row);
    return cell === null ? Number.NaN : Number(cell);
  });
  return { kind: "number", dtype: "float64", name, length, values, valid: undefined };
}
