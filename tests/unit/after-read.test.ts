import { describe, expect, test } from "bun:test";
import { applyAfterRead, parseAfterRead, planAfterRead } from "../../src/data/after-read.ts";
import { schemaOf, sliceRows, tableFromRecords } from "../../src/data/columns.ts";
import { encodeRecords } from "../../src/data/json-write.ts";
import type { Table, TableStream } from "../../src/data/table.ts";

const table = tableFromRecords([
  { k: "a", v: 1, w: true },
  { k: "b", v: 2, w: false },
]);

function after(parameters: Record<string, unknown>): Table {
  const wishes = parseAfterRead({ type: "csv", ...parameters });
  return wishes === undefined ? table : planAfterRead(wishes, schemaOf(table)).apply(table);
}

const textOf = (result: Table) => new TextDecoder().decode(encodeRecords(result));

test("the order is add, rename, ignore, select, columns", () => {
  const result = after({
    columns: ["later", "v2"],
    select_columns: ["fresh", "v2"],
    ignore_columns: ["w"],
    rename_columns: { v: "v2" },
    add_columns: ["fresh", "k"],
    index: "k",
  });
  expect(textOf(result)).toBe('[{"fresh":null,"v2":1,"later":null},{"fresh":null,"v2":2,"later":null}]');
  expect(schemaOf(result).map(({ dtype }) => dtype)).toEqual(["object", "int64", "object"]);
});

test("without wishes nothing is done; an index alone changes nothing", () => {
  expect(parseAfterRead({ type: "csv", index: "zz" })).toBeUndefined();
});

test("the table itself stays as it was", () => {
  after({ rename_columns: { k: "x" }, add_columns: ["n"] });
  expect(table.columns.map(({ name }) => name)).toEqual(["k", "v", "w"]);
});

test("two columns get no one name, and may change names with each other", () => {
  expect(() => after({ rename_columns: { k: "v" } })).toThrow('gives two columns the name "v"');
  expect(after({ rename_columns: { k: "v", v: "k" } }).columns.map(({ name }) => name)).toEqual([
    "v",
    "k",
    "w",
  ]);
});

describe("absent columns", () => {
  test.each([
    ["rename_columns", { zz: "y" }, "ValueError"],
    ["ignore_columns", ["zz"], "ValueError"],
    ["select_columns", ["zz"], "KeyError"],
  ])("%s", (parameter, value, errorType) => {
    const run = () => after({ [parameter]: value });
    expect(run).toThrow(`"${parameter}" names "zz"`);
    expect(run).toThrow(expect.objectContaining({ errorType, status: 400 }) as Error);
  });

  test("a near name is suggested", () => {
    const wishes = parseAfterRead({ type: "csv", select_columns: ["K"] });
    expect(() => planAfterRead(wishes as never, schemaOf(table))).toThrow(
      expect.objectContaining({ hint: 'Did you mean "k"?' }) as Error,
    );
  });
});

test.each([
  ["rename_columns", ["a"]],
  ["rename_columns", { k: 1.5 }],
  ["select_columns", [null]],
  ["ignore_columns", { k: 1 }],
])("%s of the wrong kind is refused: %j", (parameter, value) => {
  expect(() => after({ [parameter]: value })).toThrow(`"${parameter}"`);
});

test("a column named by a number is found by number and by text", () => {
  const numbered = { rows: 2, columns: table.columns.map((column, name) => ({ ...column, name })) };
  const wishes = parseAfterRead({ type: "csv", rename_columns: { "1": "one" }, select_columns: [0, "one"] });
  const plan = planAfterRead(wishes as never, schemaOf(numbered));
  expect(textOf(plan.apply(numbered))).toBe('[{"0":"a","one":1},{"0":"b","one":2}]');
});

test("a stream is changed batch by batch", async () => {
  async function* batches() {
    yield sliceRows(table, 0, 1);
    yield sliceRows(table, 1, 2);
  }
  const stream: TableStream = { schema: schemaOf(table), batches: batches() };
  const result = applyAfterRead(parseAfterRead({ type: "csv", select_columns: "v" }), stream);
  const texts: string[] = [];
  for await (const batch of result.batches) texts.push(textOf(batch));
  expect(texts).toEqual(['[{"v":1}]', '[{"v":2}]']);
  expect(result.schema).toEqual([{ name: "v", dtype: "int64" }]);
});
