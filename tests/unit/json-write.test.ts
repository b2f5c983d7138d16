import { describe, expect, test } from "bun:test";
import { streamOf, tableFromRecords } from "../../src/data/columns.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { encodeBatches, encodeNdjson, encodeRecords, writeJson } from "../../src/data/json-write.ts";
import type { Cell, Column, Table } from "../../src/data/table.ts";

const decoder = new TextDecoder();

function tableOf(json: string): Table {
  return tableFromRecords(parseJson(json) as readonly Cell[]);
}

async function streamed(table: Table, framing: "array" | "lines"): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeBatches(streamOf(table).batches, framing)) chunks.push(chunk);
  return decoder.decode(Buffer.concat(chunks));
}

test("records are spelled as the wire wants them", () => {
  const table = tableOf(
    '[{"i": 1, "big": 9007199254740993, "f": 1, "t": "é\\"\\n\\u0001🦉", "b": true, "m": [1, 2.0, {"9": null, "8": NaN}]},' +
      ' {"i": 2, "big": 1, "f": 2.5, "t": null, "b": false, "m": null}]',
  );
  expect(decoder.decode(encodeRecords(table))).toBe(
    '[{"i":1,"big":9007199254740993,"f":1.0,"t":"é\\"\\n\\u0001🦉","b":true,"m":[1,2.0,{"9":null,"8":null}]},' +
      '{"i":2,"big":1,"f":2.5,"t":null,"b":false,"m":null}]',
  );
});

test("floats are the shortest that give the number back, always with point or exponent", () => {
  const spelled = (value: number) => {
    const column: Column = {
      kind: "number",
      dtype: "float64",
      name: "x",
      length: 1,
      values: Float64Array.of(value),
      valid: undefined,
    };
    return decoder.decode(encodeRecords({ columns: [column], rows: 1 })).slice(6, -2);
  };
  const cases: [number, string][] = [
    [1, "1.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [-12.5, "-12.5"],
    [0.000001, "0.000001"],
    [1e-7, "1e-7"],
    [1e22, "1e+22"],
    [123456789012, "123456789012.0"],
    [0.1 + 0.2, "0.30000000000000004"],
    [999999999.999999, "999999999.999999"],
    [Number.NaN, "null"],
    [Number.POSITIVE_INFINITY, "null"],
  ];
  for (const [value, text] of cases) expect(spelled(value)).toBe(text);
  for (let i = 0; i < 20_000; i += 1) {
    const value = (Math.random() - 0.5) * 10 ** (i % 25) * (i % 3 === 0 ? 1 : 1e-9);
    const text = spelled(i % 2 === 0 ? Number(value.toFixed(i % 7)) : value);
    expect(text).toMatch(/[.e]/);
    const engines = String(i % 2 === 0 ? Number(value.toFixed(i % 7)) : value);
    expect([engines, `${engines}.0`, "-0.0"]).toContain(text);
  }
});

test("integers of every size are exact", () => {
  const integers = ["0", "-1", "2147483647", "2147483648", "-2147483648", "9007199254740991", "99999999999"];
  for (const text of integers) expect(writeJson(parseJson(text))).toBe(text);
});

describe("the stream gives what the whole gives", () => {
  test.each([0, 1, 255, 256, 257, 5000])("%d rows", async (rows) => {
    const records = Array.from({ length: rows }, (_, i) => `{"a": ${i}, "t": "${"x".repeat(i % 90)}"}`);
    const table = tableOf(`[${records.join(",")}]`);
    expect(await streamed(table, "array")).toBe(decoder.decode(encodeRecords(table)));
    expect(await streamed(table, "lines")).toBe(decoder.decode(encodeNdjson(table)));
  });
});

test("a name that is a number is a text as key, and no key comes twice", () => {
  const column = (name: string | number, value: number): Column => ({
    kind: "number",
    dtype: "int64",
    name,
    length: 1,
    values: Float64Array.of(value),
    valid: undefined,
  });
  const table = { rows: 1, columns: [column(0, 1), column("a", 2), column("0", 3)] };
  expect(decoder.decode(encodeRecords(table))).toBe('[{"0":3,"a":2}]');
});

test("rows without columns are empty records", () => {
  expect(decoder.decode(encodeRecords({ rows: 2, columns: [] }))).toBe("[{},{}]");
  expect(decoder.decode(encodeNdjson({ rows: 0, columns: [] }))).toBe("");
});

test("lone surrogates survive as escapes", () => {
  const table = tableOf('[{"t": "a\\ud800"}]');
  expect(decoder.decode(encodeRecords(table))).toBe('[{"t":"a\\ud800"}]');
});
