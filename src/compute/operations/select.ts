import type { Column, ColumnSchema, Table, TableStream } from "../../data/table.ts";
import type { LoadedColumn } from "../../engine/load.ts";
import { quoteName } from "../../engine/sql-text.ts";
import { HearthError } from "../../errors.ts";
import type { Operation, OperationInput } from "../operation.ts";
import { namesParam, paramFault, unknownColumn } from "../params.ts";
import { withMain } from "../with-main.ts";

/** Some columns, in the order named. Works without the engine, but for a file that the engine reads. */
export const select: Operation = {
  name: "select",
  needsNoEngine: true,
  summary: "Takes some columns, in the order named.",
  parameters: { columns: "a column name or a list of them" },
  async run(params, input) {
    const names = namesParam(params, "columns");
    if (names === undefined)
      throw paramFault("columns", "a column name or a list of column names", undefined);
    const { data } = input.main();
    if ("parquet" in data) return selectByEngine(names, input);
    const schema: readonly ColumnSchema[] = "rows" in data ? data.columns : data.schema;
    const places = findPlaces(schema, names);
    const pick = (table: Table): Table => {
      return { rows: table.rows, columns: places.map((place) => table.columns[place] as Column) };
    };
    const chosen = places.map((place) => schema[place] as ColumnSchema);
    const batches = "rows" in data ? [data] : data.batches;
    return { schema: chosen.map(({ name, dtype }) => ({ name, dtype })), batches: picked(batches, pick) };
  },
};

function selectByEngine(names: readonly string[], input: OperationInput): Promise<TableStream> {
  return withMain(input, (session, { name, columns }) => {
    const chosen = findPlaces(columns, names).map((place) => columns[place] as LoadedColumn);
    const list = chosen.map(({ sqlName }) => quoteName(sqlName)).join(", ");
    return session.query({ sql: `SELECT ${list} FROM ${quoteName(name)}`, origins: [] }, chosen);
  });
}

async function* picked(batches: Iterable<Table> | AsyncIterable<Table>, pick: (table: Table) => Table) {
  for await (const batch of batches) yield pick(batch);
}

function findPlaces(
  schema: readonly { readonly name: string | number }[],
  names: readonly string[],
): number[] {
  const known = schema.map(({ name }) => String(name));
  const seen = new Set<string>();
  return names.map((name) => {
    if (seen.has(name)) throw new HearthError("request-invalid", `"params.columns" names "${name}" twice`);
    seen.add(name);
    const place = known.indexOf(name);
    if (place < 0) throw unknownColumn(name, "columns", known);
    return place;
  });
}
