import { isCellObject, keysOf } from "../../data/json-keys.ts";
import { checkSource } from "../../data/source-check.ts";
import { didYouMean } from "../../nearest.ts";
import { HearthError } from "../../errors.ts";
import type { EngineTable } from "../../engine/engine.ts";
import type { LoadedTable } from "../../engine/load.ts";
import type { Operation, OperationInput, Params } from "../operation.ts";
import { findColumns, namesParam, paramFault, wordParam } from "../params.ts";
import { joinSql, JOIN_KINDS, type JoinKey } from "../join-sql.ts";

/** Two tables side by side. */
export const join: Operation = {
  name: "join",
  summary: "Joins another table by equal keys; rows keep the left table's order, missing keys match nothing.",
  parameters: {
    with: "the name of a table in `sources`, or a data source",
    on: "a column name, a list of them, or {LEFT: RIGHT}; not for cross",
    how: "inner (default), left, right, outer, semi, anti or cross; other columns of the same name get the suffix _right",
  },
  async run(params, input) {
    const how = wordParam(params, "how", JOIN_KINDS, "inner");
    const names = how === "cross" ? [] : keyNames(params);
    const [left, right] = await bothTables(params["with"], input);
    const session = await input.open([left, right]);
    try {
      const [a, b] = session.tables as [LoadedTable, LoadedTable];
      const keys = findKeys(a, b, names);
      const { sql, wanted } = joinSql(a, b, keys, how);
      return await session.query({ sql, origins: [] }, wanted);
    } catch (error) {
      await session.close();
      throw error;
    }
  },
};

function keyNames(params: Params): [left: string, right: string][] {
  const on = params["on"];
  const expected = "a column name, a list of them, or an object {LEFT: RIGHT}";
  if (isCellObject(on)) {
    const pairs = keysOf(on).map((left) => [left, on[left]] as const);
    if (pairs.length === 0 || !pairs.every(([, right]) => typeof right === "string"))
      throw paramFault("on", expected, on);
    return pairs.map(([left, right]) => [left, right as string]);
  }
  const names = namesParam(params, "on");
  if (names === undefined || names.length === 0) throw paramFault("on", expected, on);
  return names.map((name) => [name, name]);
}

function findKeys(a: LoadedTable, b: LoadedTable, names: readonly [string, string][]): JoinKey[] {
  const left = findColumns(
    a,
    names.map(([name]) => name),
    "on",
  );
  const right = findColumns(
    b,
    names.map(([, name]) => name),
    "on",
  );
  return left.map((column, i) => ({ left: column, right: right[i] as (typeof right)[number] }));
}

async function bothTables(other: unknown, input: OperationInput): Promise<[EngineTable, EngineTable]> {
  if (typeof other === "string") {
    const right = input.tables.find(({ name }) => name === other);
    if (right !== undefined) return [input.main(other), right];
    const known = input.tables.map(({ name }) => name);
    throw new HearthError("request-invalid", `"params.with" names no table of the request: "${other}"`, {
      hint: `${didYouMean(other, known)} Or give a data source.`,
    });
  }
  if (!isCellObject(other))
    throw paramFault("with", "the name of a table in sources, or a data source", other);
  const left = input.main();
  return [left, await input.read(left.name === "with" ? "with_" : "with", checkSource(other))];
}
