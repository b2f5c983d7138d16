import { describe, expect, test } from "bun:test";
import { parseCsvOptions } from "../../src/data/csv/options.ts";
import { parseDecimal } from "../../src/data/csv/parse-number.ts";
import { read, readError, readTables } from "./csv-support.ts";

/** dtype and cells of a file with one column. */
async function column(...cells: readonly string[]): Promise<unknown[]> {
  const [found] = await read(`c,n\n${cells.map((cell) => `${cell},1\n`).join("")}`);
  return (found ?? []).slice(1) as unknown[];
}

describe("inferred types", () => {
  test("whole numbers, with leading zeros, signs and blanks", async () => {
    expect(await column("00501", "+7", " -3", "4 ", "-0")).toEqual(["int64", [501, 7, -3, 4, 0]]);
  });

  test("64 bits keep every digit", async () => {
    expect(await column("9007199254740993", "-9223372036854775808")).toEqual([
      "int64",
      ["9007199254740993", "-9223372036854775808"],
    ]);
    expect(await column("1", "18446744073709551615")).toEqual(["uint64", [1, "18446744073709551615"]]);
  });

  test("what fits no 64 bits is text as written, and missing cells stay missing", async () => {
    expect(await column("1", "18446744073709551616")).toEqual(["object", ["1", "18446744073709551616"]]);
    expect(await column("-1", "9223372036854775808")).toEqual(["object", ["-1", "9223372036854775808"]]);
    expect(await column("9223372036854775808", "")).toEqual(["object", ["9223372036854775808", null]]);
  });

  test("which cell comes first decides as in pandas", async () => {
    expect(await column("1.5", "99999999999999999999")).toEqual(["float64", [1.5, 1e20]]);
    expect(await column("99999999999999999999", "1.5")).toEqual(["object", ["99999999999999999999", "1.5"]]);
    expect(await column("9223372036854775808", "-1.5", "2.5")).toEqual(["float64", [2 ** 63, -1.5, 2.5]]);
  });

  test("gaps, fractions and exponents make floats", async () => {
    expect(await column("5", "", "7")).toEqual(["float64", [5, null, 7]]);
    expect(await column("1e3", "2.5e-7", "-1e22", ".5", "5.", "inf", "-Infinity")).toEqual([
      "float64",
      [1000, 2.5e-7, -1e22, 0.5, 5, "inf", "-inf"],
    ]);
  });

  test("what is nearly a number is text", async () => {
    for (const cell of ["1_000", "1e", ".", "+", "0x10", "1 2", "1e400", "nan ", "1.2.3"]) {
      expect(await column(cell)).toEqual(["object", [cell]]);
    }
  });

  test("booleans, and booleans with gaps", async () => {
    expect(await column("True", "true", "TRUE", "False")).toEqual(["bool", [true, true, true, false]]);
    expect(await column("True", "", "FALSE")).toEqual(["object", [true, null, false]]);
    expect(await column("True", "1")).toEqual(["object", ["True", "1"]]);
    expect(await column("yes", "no")).toEqual(["object", ["yes", "no"]]);
  });

  test("every word for a missing value, quoted or not, and none other", async () => {
    const words =
      "#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null";
    for (const word of words.split(","))
      expect(await column(word, `"${word}"`)).toEqual(["float64", [null, null]]);
    expect(await column("NAN", "none", " NA", "-")).toEqual(["object", ["NAN", "none", " NA", "-"]]);
  });

  test("dates and blanks stay text as written", async () => {
    expect(await column("2020-01-01", "", " x ")).toEqual(["object", ["2020-01-01", null, " x "]]);
  });
});

describe("decimals", () => {
  const parse = (text: string) => parseDecimal(new TextEncoder().encode(text), 0, text.length, true);

  test("are rounded as JavaScript rounds them", () => {
    for (let i = 0; i < 30_000; i += 1) {
      const text = String((Math.random() - 0.5) * 10 ** Math.floor(Math.random() * 12));
      expect(parse(text)).toBe(Number(text));
    }
  });

  test("are rounded to even halfway between two doubles, and away from it next to halfway", () => {
    for (const text of [
      "9007199254740993.0",
      "9007199254740995.0",
      "9007199254740993.001",
      "9007199254740992.999",
    ]) {
      expect(parse(text)).toBe(Number(text));
    }
    for (const text of [
      "4503599627370497.5",
      "4503599627370496.5",
      "0.500000000000000166533453693773481063544750213623046875",
    ]) {
      expect(parse(text)).toBe(Number(text));
    }
  });
});

describe("requested types", () => {
  const dtypes = (type: string, field = "c") => ({ dtypes: [{ field, type }] });

  test("texts as written", async () => {
    expect(await read("c,d\n00501,1\nNA,2\n", dtypes("str_type"))).toEqual([
      ["c", "object", ["00501", null]],
      ["d", "int64", [1, 2]],
    ]);
  });

  test("Int32, Float64 and boolean with gaps", async () => {
    expect(await read("c,d\n1,\n2.0,x\n,y\n", dtypes("int_type"))).toMatchObject([
      ["c", "Int32", [1, 2, null]],
      {},
    ]);
    expect(await read("c,d\n1,\n1e3,x\n,y\n", dtypes("float_type"))).toMatchObject([
      ["c", "Float64", [1, 1000, null]],
      {},
    ]);
    expect(await read("c,d\nTRUE,\n0,x\n,y\n", dtypes("bool_type"))).toMatchObject([
      ["c", "boolean", [true, false, null]],
      {},
    ]);
  });

  test("without rows they are kept", async () => {
    expect(await read("c\n", dtypes("int_type"))).toEqual([["c", "Int32", []]]);
  });

  test("a rule for a repeated name is one for its copies, and names of numbers are found", async () => {
    expect((await read("c,c\n1,2\n", dtypes("str_type"))).map(([, dtype]) => dtype)).toEqual([
      "object",
      "object",
    ]);
    const numbered = await read("1,2\n", { header: null, dtypes: [{ field: 1, type: "str_type" }] });
    expect(numbered.map(([, dtype]) => dtype)).toEqual(["int64", "object"]);
  });

  test("a cell that does not fit is named with line and column", async () => {
    const error = await readError('x,c\n"a\nb",1\nc,1.5\n', dtypes("int_type"));
    expect(error.code).toBe("data-invalid");
    expect(error.message).toBe('"t.csv": line 4, column "c": "1.5" is not a whole number (int_type)');
    expect((await readError("c\n3000000000\n", dtypes("int_type"))).message).toContain(
      "from -2147483648 to 2147483647",
    );
    expect((await readError("c\nx\n", dtypes("float_type"))).message).toContain("not a number");
    expect((await readError("c\nyes\n", dtypes("bool_type"))).message).toContain("not true or false");
  });
});

describe("options", () => {
  const parse = (parameters: object) => parseCsvOptions({ type: "csv", ...parameters }, ",");

  test("have lynguine's defaults, and null counts as absent except for the header", () => {
    const expected = { header: 0, delimiter: ",", quotechar: '"', dtypes: [], infer: "pandas" } as const;
    expect(parse({})).toEqual(expected);
    expect(parse({ delimiter: null, quotechar: null, dtypes: null, infer: null })).toEqual(expected);
    expect(parse({ header: null }).header).toBeNull();
  });

  test("that make no sense are refused by name", () => {
    for (const [parameters, words] of [
      [{ delimiter: "||" }, "delimiter is one ASCII character"],
      [{ delimiter: "\n" }, "delimiter is one ASCII character"],
      [{ quotechar: "\u00e9" }, "quotechar is one ASCII character"],
      [{ delimiter: "'", quotechar: "'" }, "are both"],
      [{ header: -1 }, "header is a whole number"],
      [{ header: "first" }, 'not "first"'],
      [{ infer: "magic" }, "infer is"],
      [{ dtypes: {} }, "dtypes is a list, not an object"],
      [{ dtypes: [{ field: "a", type: "int" }] }, "dtypes[0].type is one of"],
      [{ dtypes: [{ type: "int_type" }] }, "dtypes[0].field"],
    ] as const) {
      expect(() => parse(parameters)).toThrow(words);
    }
  });
});

describe("columns in memory", () => {
  test("texts hold only the bytes that are needed", async () => {
    const { tables } = await readTables(`a\n${"text\n".repeat(1000)}`);
    const [column] = tables[0]?.columns ?? [];
    expect(column).toMatchObject({ kind: "text", length: 1000, valid: undefined });
    if (column?.kind === "text") expect(column.bytes.buffer.byteLength).toBeLessThan(5000);
  });
});
