import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeXlsx } from "hucre/xlsx";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";
import { fault } from "./fault.ts";

const DOCUMENTS = join(import.meta.dir, "../fixtures/documents");

let fixture: DataFixture;
beforeEach(() => {
  fixture = createDataFixture();
  for (const name of ["odd.xlsx", "old.xls"]) copyFileSync(join(DOCUMENTS, name), join(fixture.folder, name));
});
afterEach(() => fixture.close());

const signal = () => new AbortController().signal;
const read = (options: object = {}) => fixture.read({ type: "excel", filename: "odd.xlsx", ...options });
const json = (options: object = {}) => fixture.json({ type: "excel", filename: "odd.xlsx", ...options });
const dtypes = async (options: object = {}) =>
  Object.fromEntries((await read(options)).schema.map(({ name, dtype }) => [String(name), dtype]));
const write = (records: unknown, output: object) =>
  fixture.service.write({ records }, output, { files: fixture.files, signal: signal() });

describe("a sheet", () => {
  test("has texts, numbers, dates, times and gaps as they are; errors and missing words are gaps", async () => {
    expect(await json()).toBe(
      '[{"tn":"007","na":null,"b":true,"d":"2024-01-02T00:00:00","d2":"2024-01-02T03:04:05","mix":1,"t":"03:04:05","big":12345678901234569216,"f":null,"e":null},' +
        '{"tn":"008","na":"x","b":null,"d":"2024-01-03T00:00:00","d2":null,"mix":"a","t":"01:02:00","big":1,"f":null,"e":1.0},' +
        '{"tn":"1.5","na":null,"b":false,"d":"2024-01-04T00:00:00","d2":"2024-01-02T00:00:00","mix":2.5,"t":null,"big":2,"f":null,"e":2.0}]',
    );
    expect(await dtypes()).toMatchObject({
      tn: "object",
      d: "datetime64[ns]",
      mix: "object",
      big: "uint64",
      f: "float64",
      e: "float64",
    });
  });

  test("has a header of numbers, dates, gaps and repeated names", async () => {
    const { schema } = await read({ sheet: "Hdr" });
    expect(schema.map(({ name }) => name)).toEqual([
      1,
      "a",
      "a.1",
      "Unnamed: 3",
      2.5,
      "2024-01-01 00:00:00",
      "True",
      " sp ",
    ]);
  });

  test("counts blank rows, and columns from the first", async () => {
    expect(await json({ sheet: "Off", header: 2 })).toBe(
      '[{"Unnamed: 0":null,"x":1.0,"y":"q"},{"Unnamed: 0":null,"x":null,"y":null},{"Unnamed: 0":null,"x":null,"y":"z"}]',
    );
    const { schema } = await read({ sheet: "Off", header: null });
    expect(schema.map(({ name }) => name)).toEqual([0, 1, 2]);
    expect(await json({ sheet: "Merged" })).toBe('[{"a":1.0,"b":2},{"a":null,"b":4}]');
  });

  test("may be empty, or a header alone", async () => {
    expect((await read({ sheet: "Empty" })).schema).toEqual([]);
    expect(await dtypes({ sheet: "Head" })).toEqual({ a: "object", b: "object" });
  });

  test("is told by its name, or its number from either end", async () => {
    expect(await json({ sheet: 5 })).toBe(await json({ sheet: "Merged" }));
    expect(await json({ sheet: -1 })).toBe(await json({ sheet: "Txt" }));
    for (const sheet of ["sheet1", 99, -99]) {
      expect(await fault(read({ sheet }))).toMatchObject({
        code: "request-invalid",
        hint: expect.stringContaining('"Sheet1", "Hdr"'),
      });
    }
    expect((await fault(read({ sheet: null }))).code).toBe("request-invalid");
    expect((await fault(read({ sheet: "Hdr", header: 9 }))).message).toContain("has 4 rows");
  });

  test("is read with the types that were asked for", async () => {
    const rules = [
      { field: "tn", type: "int_type" },
      { field: "d", type: "str_type" },
      { field: "b", type: "bool_type" },
      { field: "big", type: "float_type" },
      { field: "mix", type: "str_type" },
    ];
    const some = { dtypes: rules.slice(1), select_columns: ["d", "b", "big", "mix"] };
    expect(await json(some)).toBe(
      '[{"d":"2024-01-02 00:00:00","b":true,"big":12345678901234570000.0,"mix":"1"},' +
        '{"d":"2024-01-03 00:00:00","b":null,"big":1.0,"mix":"a"},' +
        '{"d":"2024-01-04 00:00:00","b":false,"big":2.0,"mix":"2.5"}]',
    );
    expect(await dtypes(some)).toEqual({ d: "object", b: "boolean", big: "Float64", mix: "object" });
    expect((await fault(read({ dtypes: rules }))).message).toContain(
      'row 4, column "tn": "1.5" is not a whole',
    );
  });

  test("of an old workbook is read too", async () => {
    expect(await json({ filename: "old.xls" })).toBe(
      '[{"name":"Ada","n":1.0,"when":"2024-01-02T03:04:05","ok":true},{"name":"007","n":2.5,"when":null,"ok":false}]',
    );
    expect(await fixture.json({ type: "auto", filename: "old.xls" })).toContain("Ada");
  });

  test("of what is no workbook, a damaged or a protected one is refused in words", async () => {
    writeFileSync(join(fixture.folder, "text.xlsx"), "a,b\n1,2\n");
    const whole = readFileSync(join(DOCUMENTS, "odd.xlsx"));
    writeFileSync(join(fixture.folder, "half.xlsx"), whole.subarray(0, whole.length / 2));
    const locked = await writeXlsx({
      sheets: [{ name: "Sheet1", rows: [["a"], [1]] }],
      encryption: { password: "x", spinCount: 1000 },
    } as Parameters<typeof writeXlsx>[0]);
    writeFileSync(join(fixture.folder, "locked.xlsx"), locked);
    const reason = async (filename: string) => (await fault(read({ filename }))).message;
    expect(await reason("text.xlsx")).toBe('"text.xlsx" is no Excel workbook');
    expect(await reason("half.xlsx")).toBe('"half.xlsx" is damaged, or no Excel workbook');
    expect(await reason("locked.xlsx")).toBe('"locked.xlsx" is protected by a password');
  });

  test("that would not fit into memory is refused before it fills it", async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => [`row ${i} ${"x".repeat(2000)}`]);
    const bytes = await writeXlsx({ sheets: [{ name: "Sheet1", rows }] });
    const small = createDataFixture({ memory: 2 << 20 });
    writeFileSync(join(small.folder, "large.xlsx"), bytes);
    expect((await fault(small.read({ type: "excel", filename: "large.xlsx" }))).code).toBe("data-too-large");
    small.close();
  });
});

describe("a workbook that is written", () => {
  test("is read as it was", async () => {
    const records = [
      { i: 1, f: 0.5, t: "=1+1", b: true, n: null, l: [1, "a"], u: "é🦉\n<&>" },
      { i: 2, f: null, t: " x ", b: false, n: null, l: { k: 1 }, u: "" },
    ];
    const output = { type: "excel", filename: "out.xlsx", sheet: "My sheet", header: 2 };
    expect(await write(records, output)).toMatchObject({ rows: 2 });
    expect(await json({ filename: "out.xlsx", sheet: "My sheet", header: 2 })).toBe(
      '[{"i":1,"f":0.5,"t":"=1+1","b":true,"n":null,"l":"[1,\\"a\\"]","u":"é🦉\\n<&>"},' +
        '{"i":2,"f":null,"t":" x ","b":false,"n":null,"l":"{\\"k\\":1}","u":null}]',
    );
    await write([], { type: "auto", filename: "none.xlsx" });
    expect((await read({ filename: "none.xlsx" })).schema).toEqual([]);
  });

  test("has dates as dates", async () => {
    const table = (await read({ sheet: "Sheet1", select_columns: ["d2"] })).stream();
    await fixture.service.write(
      table,
      { type: "excel", filename: "d.xlsx" },
      { files: fixture.files, signal: signal() },
    );
    expect(await json({ filename: "d.xlsx" })).toBe(await json({ select_columns: ["d2"] }));
  });

  test.each([
    [{ sheet: "a/b" }, '"sheet" can\'t be "a/b"'],
    [{ sheet: "x".repeat(32) }, '"sheet" can\'t be'],
    [{ header: -1 }, '"header" is the header\'s row'],
  ])("with %j is refused", async (options, reason) => {
    const error = await fault(write([{ a: 1 }], { type: "excel", filename: "o.xlsx", ...options }));
    expect(error.message).toContain(reason);
  });

  test("with a text longer than a cell can be is refused, with its place", async () => {
    const error = await fault(write([{ a: "x".repeat(40_000) }], { type: "excel", filename: "o.xlsx" }));
    expect(error.message).toContain('row 2, column "a" has 40000');
  });
});
