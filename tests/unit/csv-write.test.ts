import { describe, expect, test } from "bun:test";
import { parseJson } from "../../src/data/json-parse.ts";
import { pythonRepr, pythonStr } from "../../src/data/python-text.ts";
import { formatPythonFloat } from "../../src/data/python-number.ts";
import { type Cell, type Column, type Table, WholeFloat } from "../../src/data/table.ts";
import { csvWriter, tsvWriter } from "../../src/data/writers/csv.ts";
import { SpillBudget } from "../../src/spill-budget.ts";
import { read, readTables, textInput } from "./csv-support.ts";

type Values = readonly Cell[];

function mixed(name: string, values: Values): Column {
  return { kind: "mixed", dtype: "object", name, length: values.length, values };
}

function floats(name: string, values: readonly number[]): Column {
  const column = { kind: "number", dtype: "float64", name, length: values.length } as const;
  return { ...column, values: Float64Array.from(values), valid: undefined };
}

/** Writes batches of columns as CSV. */
async function write(
  batches: readonly (readonly Column[])[],
  output: object = {},
  writer = csvWriter,
): Promise<string> {
  const tables = batches.map((columns): Table => ({ columns, rows: columns[0]?.length ?? 0 }));
  const schema = (batches[0] ?? []).map(({ name, dtype }) => ({ name, dtype }));
  const stream = { schema, batches: streamed(tables) };
  const context = {
    signal: new AbortController().signal,
    spillFolder: () => Promise.reject(new Error("unused")),
    spillBudget: new SpillBudget(() => 1 << 30),
  };
  let text = "";
  const decoder = new TextDecoder();
  const options = writer.options({ type: "csv", filename: "x", ...output });
  for await (const chunk of writer.encode(stream, options, context))
    text += decoder.decode(chunk, { stream: true });
  return text;
}

async function* streamed(tables: readonly Table[]): AsyncGenerator<Table> {
  yield* tables;
}

describe("the CSV writer", () => {
  test("quotes only what needs it and doubles quotes inside", async () => {
    const cells = ["a,b", 'say "hi"\nthere', "x\ry", " lead", "'", "#", "B\u00e9"];
    const expected = 't\n"a,b"\n"say ""hi""\nthere"\n"x\ry"\n lead\n\'\n#\nB\u00e9\n';
    expect(await write([[mixed("t", cells)]])).toBe(expected);
    const { tables } = await readTables(textInput(expected));
    expect(await write([tables[0]?.columns ?? []])).toBe(expected);
  });

  test("takes another delimiter and quote, also for the header", async () => {
    const columns = [mixed("a;b", ["a,b", 'say "hi"']), mixed("c", ["it's", null])];
    expect(await write([columns], { delimiter: ";", quotechar: "'" })).toBe(
      "'a;b';c\na,b;'it''s'\nsay \"hi\";\n",
    );
  });

  test("quotes numbers when the delimiter stands in them", async () => {
    expect(await write([[floats("a", [1.5, -2])]], { delimiter: "." })).toBe('a\n"1.5"\n"-2.0"\n');
  });

  test("writes tabs for tsv", async () => {
    const columns = [mixed("k", ["a\tb"]), mixed("v", [1])];
    expect(await write([columns], {}, tsvWriter)).toBe('k\tv\n"a\tb"\t1\n');
  });

  test("writes a line of nothing for no columns, and the header alone for no rows", async () => {
    expect(await write([])).toBe("\n");
    expect(await write([[mixed("a", []), mixed("b", [])]])).toBe("a,b\n");
  });

  test("writes a missing cell or an empty text in a file of one column as quotes", async () => {
    expect(await write([[mixed("a", [null, "x", ""])]])).toBe('a\n""\nx\n""\n');
    expect(await write([[mixed("", [1])]])).toBe('""\n1\n');
    expect(await write([[mixed("a", [null]), mixed("b", [""])]])).toBe("a,b\n,\n");
  });

  test("writes numbers, booleans and missing values as pandas does", async () => {
    const big: Column = {
      kind: "bigint",
      dtype: "uint64",
      name: "u",
      length: 2,
      values: BigUint64Array.of(2n ** 64n - 1n, 1n),
      valid: undefined,
    };
    const int: Column = {
      kind: "number",
      dtype: "Int64",
      name: "i",
      length: 2,
      values: Float64Array.of(-7, 0),
      valid: Uint8Array.of(1, 0),
    };
    const bool: Column = {
      kind: "bool",
      dtype: "boolean",
      name: "b",
      length: 2,
      values: Uint8Array.of(1, 0),
      valid: undefined,
    };
    const columns = [
      big,
      int,
      bool,
      floats("f", [Number.NaN, Infinity]),
      mixed("m", [new WholeFloat(2), 9007199254740993n]),
    ];
    expect(await write([columns])).toBe(
      "u,i,b,f,m\n18446744073709551615,-7,True,,2.0\n1,,False,inf,9007199254740993\n",
    );
  });

  test("writes lists and mappings as Python's str, in the order of their keys", async () => {
    const value = parseJson('{"b": [1, 2.0, null, true], "2021": "it\'s", "1": "\\"q\\""}') as Cell;
    expect(await write([[mixed("v", [value]), mixed("w", [["x"]])]])).toBe(
      "v,w\n\"{'b': [1, 2.0, None, True], '2021': \"\"it's\"\", '1': '\"\"q\"\"'}\",['x']\n",
    );
  });

  test("writes datetimes with a blank, and dates alone when all are at midnight", async () => {
    const dates = (...texts: string[]): Column => {
      const bytes = new TextEncoder().encode(texts.join(""));
      let end = 0;
      const offsets = Uint32Array.from([0, ...texts.map((text) => (end += text.length))]);
      return {
        kind: "text",
        dtype: "datetime64[ns]",
        name: "d",
        length: texts.length,
        bytes,
        offsets,
        valid: undefined,
      };
    };
    expect(await write([[dates("2024-02-29T00:00:00", "2024-03-01")]])).toBe("d\n2024-02-29\n2024-03-01\n");
    expect(await write([[dates("2024-02-29T10:11:12", "2024-03-01")]])).toBe(
      "d\n2024-02-29 10:11:12\n2024-03-01 00:00:00\n",
    );
  });

  test("goes on over batches, and what it wrote is read back as it was", async () => {
    const text = "id,x,name,flag\n".concat(
      Array.from({ length: 9000 }, (_, at) => `${at},${at / 8},"n ""${at}"", x",True\n`).join(""),
    );
    const { tables } = await readTables(text, { memoryLimit: 100_000 });
    const written = await write(tables.map((table) => table.columns));
    expect(await read(written)).toEqual((await read(text)) as never);
    expect(written.length).toBeGreaterThan(200_000);
  });

  test("ends when the signal aborts", async () => {
    const controller = new AbortController();
    controller.abort();
    const context = {
      signal: controller.signal,
      spillFolder: () => Promise.resolve(""),
      spillBudget: new SpillBudget(() => 1 << 30),
    };
    const column = mixed(
      "a",
      Array.from({ length: 400_000 }, () => "some text"),
    );
    const stream = {
      schema: [{ name: "a", dtype: "object" as const }],
      batches: streamed([{ columns: [column], rows: column.length }]),
    };
    const all = Array.fromAsync(csvWriter.encode(stream, csvWriter.options({}), context));
    await expect(all).rejects.toMatchObject({ code: "request-cancelled" });
  });

  test("refuses a delimiter of two characters", () => {
    expect(() => csvWriter.options({ delimiter: "::" })).toThrow("one ASCII character");
  });
});

describe("Python's spelling", () => {
  test("of floats", () => {
    const spellings: readonly (readonly [number, string])[] = [
      [2, "2.0"],
      [-0, "-0.0"],
      [0.1, "0.1"],
      [1e-4, "0.0001"],
      [9.5e-5, "9.5e-05"],
      [1e-7, "1e-07"],
      [1e15, "1000000000000000.0"],
      [9999999999999998, "9999999999999998.0"],
      [1e16, "1e+16"],
      [123456789012345680, "1.2345678901234568e+17"],
      [1e22, "1e+22"],
      [1.7976931348623157e308, "1.7976931348623157e+308"],
      [5e-324, "5e-324"],
      [Infinity, "inf"],
      [-Infinity, "-inf"],
      [Number.NaN, "nan"],
    ];
    for (const [value, text] of spellings) expect(formatPythonFloat(value)).toBe(text);
  });

  test("of texts inside lists", () => {
    const spellings: readonly (readonly [string, string])[] = [
      ["x", "'x'"],
      ["it's", '"it\'s"'],
      ["b'\"", "'b\\'\"'"],
      ["\n\t\\\0\x7f", "'\\n\\t\\\\\\x00\\x7f'"],
      ["\u00e9\u{1f989} \u00a0\u00ad\u200b\u{e0001}", "'\u00e9\u{1f989} \\xa0\\xad\\u200b\\U000e0001'"],
    ];
    for (const [value, text] of spellings) expect(pythonRepr(value)).toBe(text);
    expect(pythonStr("it's")).toBe("it's");
    expect(pythonStr([])).toBe("[]");
    expect(pythonStr({})).toBe("{}");
    expect(pythonStr([0.5, new WholeFloat(1e22), -3, 2n ** 64n, null, false])).toBe(
      "[0.5, 1e+22, -3, 18446744073709551616, None, False]",
    );
  });
});
