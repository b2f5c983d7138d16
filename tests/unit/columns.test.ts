import { describe, expect, test } from "bun:test";
import {
  cellOf,
  collect,
  columnFromCells,
  concatTables,
  schemaOf,
  selectRows,
  sizeOf,
  sliceRows,
  streamOf,
  tableFromColumns,
  tableFromRecords,
} from "../../src/data/columns.ts";
import { HearthError } from "../../src/errors.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { tableFromJson } from "../../src/data/json-table.ts";
import { encodeRecords, writeJson } from "../../src/data/json-write.ts";
import type { Cell, Table } from "../../src/data/table.ts";

const fail = (reason: string) => new HearthError("data-invalid", reason);

function tableOf(json: string): Table {
  return tableFromJson(parseJson(json), fail);
}

/** `name:dtype` of each column, then the rows. */
function described(table: Table): string {
  const heads = table.columns.map(({ name, dtype }) => `${name}:${dtype}`).join(" ");
  return `${heads} ${new TextDecoder().decode(encodeRecords(table))}`;
}

// Every expectation is what pandas 2.3.3 answers to pd.DataFrame of the same value.
describe("a column has the dtype that pandas infers", () => {
  test.each([
    ["[1, 2]", "int64", "[1,2]"],
    ["[1, 9223372036854775808]", "uint64", "[1,9223372036854775808]"],
    ["[-1, 9223372036854775808]", "object", "[-1,9223372036854775808]"],
    ["[1, 1180591620717411303424]", "object", "[1,1180591620717411303424]"],
    ["[1180591620717411303424, 2.5]", "object", "[1180591620717411303424,2.5]"],
    ["[1180591620717411303424, null]", "object", "[1180591620717411303424,null]"],
    ["[1152921504606846977, null]", "float64", "[1152921504606847000.0,null]"],
    ["[1152921504606846977, 5]", "int64", "[1152921504606846977,5]"],
    ["[1, null]", "float64", "[1.0,null]"],
    ["[1, 2.5]", "float64", "[1.0,2.5]"],
    ["[1, 2.0]", "float64", "[1.0,2.0]"],
    ["[1, NaN]", "float64", "[1.0,null]"],
    ["[true, false]", "bool", "[true,false]"],
    ["[true, null]", "object", "[true,null]"],
    ["[true, 1]", "object", "[true,1]"],
    ["[true, NaN]", "object", "[true,null]"],
    ["[null, null]", "object", "[null,null]"],
    ["[NaN, null]", "float64", "[null,null]"],
    ['["a", null]', "object", '["a",null]'],
    ['["a", 1]', "object", '["a",1]'],
    ["[[1], null]", "object", "[[1],null]"],
    ["[]", "float64", "[]"],
  ])("%s is %s", (json, dtype, cells) => {
    const column = columnFromCells("x", parseJson(json) as Cell[]);
    expect(column.dtype).toBe(dtype as never);
    expect(writeJson(Array.from({ length: column.length }, (_, row) => cellOf(column, row)))).toBe(cells);
  });
});

describe("a JSON value is the table that pandas makes of it", () => {
  test.each([
    ['[{"a": 1}, {"b": 2}]', 'a:float64 b:float64 [{"a":1.0,"b":null},{"a":null,"b":2.0}]'],
    ['[{"x": true}, {"y": 1}]', 'x:object y:float64 [{"x":true,"y":null},{"x":null,"y":1.0}]'],
    ['[{"x": null}, {"y": 1}]', 'x:float64 y:float64 [{"x":null,"y":null},{"x":null,"y":1.0}]'],
    ['[{"2021": 1, "a": 2, "7": 3}]', '2021:int64 a:int64 7:int64 [{"2021":1,"a":2,"7":3}]'],
    ["[{}, {}]", " [{},{}]"],
    ["[[1], [2, 3]]", '0:int64 1:float64 [{"0":1,"1":null},{"0":2,"1":3.0}]'],
    ["[[], []]", " [{},{}]"],
    ['[null, {"a": 1}]', '0:object [{"0":null},{"0":{"a":1}}]'],
    ["[null, [1]]", '0:object [{"0":null},{"0":[1]}]'],
    ['{"a": [1, 2], "b": 7}', 'a:int64 b:int64 [{"a":1,"b":7},{"a":2,"b":7}]'],
    ['{"a": {"x": 1}, "b": {"y": 2}}', 'a:float64 b:float64 [{"a":1.0,"b":null},{"a":null,"b":2.0}]'],
    ['{"a": {"x": null}, "b": {"y": 2}}', 'a:float64 b:float64 [{"a":null,"b":null},{"a":null,"b":2.0}]'],
    ['{"a": {"x": 1, "y": 2}, "b": 7}', 'a:int64 b:int64 [{"a":1,"b":7},{"a":2,"b":7}]'],
    ['{"a": {"toString": 1}, "b": {"x": 1}}', 'a:float64 b:float64 [{"a":1.0,"b":null},{"a":null,"b":1.0}]'],
    ['{"a": []}', "a:float64 []"],
    ["{}", " []"],
    ["null", " []"],
  ])("%s", (json, expected) => {
    expect(described(tableOf(json))).toBe(expected);
  });

  test.each([
    ['{"a": 1}', "an object of single values is no table"],
    ['{"a": [1, 2], "b": [1]}', 'the lists differ in length: "a" has 2, "b" has 1'],
    ['{"a": {"x": 1}, "b": [1]}', '"b" is a list beside objects'],
    ['[{"a": 1}, null]', "item 1 of the list is null, the first is an object"],
    ["[[1], 5]", "item 1 of the list is a number, the first is a list"],
    ["5", "expected a list or an object, found a number"],
  ])("%s is none", (json, reason) => {
    expect(() => tableOf(json)).toThrow(reason);
  });
});

describe("records", () => {
  test("columns select and order; unknown ones are named", () => {
    const records = parseJson('[{"a": 1, "b": 2}]') as Cell[];
    expect(described(tableFromRecords(records, ["b", "a"]))).toBe('b:int64 a:int64 [{"b":2,"a":1}]');
    expect(() => tableFromRecords(records, ["zz"])).toThrow('No record has the column "zz"');
    expect(schemaOf(tableFromRecords([], ["a"]))).toEqual([{ name: "a", dtype: "object" }]);
  });

  test("what is no object is refused with its place", () => {
    expect(() => tableFromRecords([{ a: 1 }, 5])).toThrow("Record 1 is not an object but a number");
  });
});

describe("tables taken apart and put together", () => {
  const table = tableOf(
    '[{"i":1,"big":9007199254740993,"f":1.5,"b":true,"t":"é","m":[1]},' +
      '{"i":2,"big":2,"f":null,"b":false,"t":null,"m":"x"},{"i":3,"big":3,"f":0.5,"b":true,"t":"zz","m":null}]',
  );

  test("rows selected, sliced and concatenated are the same rows", () => {
    expect(described(concatTables(schemaOf(table), [sliceRows(table, 0, 1), sliceRows(table, 1, 3)]))).toBe(
      described(table),
    );
    expect(described(selectRows(selectRows(table, [2, 0, 1]), [1, 2, 0]))).toBe(described(table));
    expect(selectRows(table, [1, 1]).rows).toBe(2);
  });

  test("batches stored differently become the wider kind", () => {
    const small = tableOf('[{"i": 1, "o": "a"}]');
    const wide = tableOf('[{"i": 9007199254740993, "o": "b"}, {"i": 2, "o": 7}]');
    const both = concatTables(schemaOf(wide), [small, wide]);
    expect(described(both)).toBe(
      'i:int64 o:object [{"i":1,"o":"a"},{"i":9007199254740993,"o":"b"},{"i":2,"o":7}]',
    );
  });

  test("collecting stops at the limit and frees the stream", async () => {
    let isFreed = false;
    async function* endless() {
      try {
        for (;;) yield table;
      } finally {
        isFreed = true;
      }
    }
    const stream = { schema: schemaOf(table), batches: endless() };
    await expect(collect(stream, 10 * sizeOf(table))).rejects.toMatchObject({ code: "data-too-large" });
    expect(isFreed).toBe(true);
    expect(await collect(streamOf(table), 1e6)).toBe(table);
  });

  test("columns of different length are no table", () => {
    const columns = [columnFromCells("a", [1]), columnFromCells("b", [1, 2])];
    expect(() => tableFromColumns(columns)).toThrow('Column "b" has 2 values, "a" has 1');
  });
});
