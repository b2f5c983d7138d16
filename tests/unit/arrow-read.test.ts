import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Bool,
  DateDay,
  Field,
  Int32,
  List,
  Struct,
  Table as ArrowTable,
  tableToIPC,
  TimestampMillisecond,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { tableFromRecords } from "../../src/data/columns.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import type { Cell } from "../../src/data/table.ts";
import { createDataFixture } from "./data-fixture.ts";
import { fault } from "./fault.ts";

const fixture = createDataFixture();
afterAll(() => fixture.close());

const dtypesOf = async (filename: string) => {
  const { schema } = await fixture.read({ type: "arrow", filename });
  return Object.fromEntries(schema.map(({ name, dtype }) => [name, dtype]));
};

describe("arrow", () => {
  test.each(["null", "{}", "[]", "1", '"text"', '{"schema":null}', '{"schema":{}}', "\u0000"])(
    "%j is none",
    async (text) => {
      writeFileSync(join(fixture.folder, "none.arrows"), text);
      expect((await fault(fixture.read({ type: "arrow", filename: "none.arrows" }))).code).toBe(
        "data-invalid",
      );
    },
  );

  test("what is written is read again, with its dtypes", async () => {
    const records =
      '[{"i":1,"big":9007199254740993,"u":18446744073709551615,"f":2.0,"t":"é","b":true},' +
      '{"i":-5,"big":-1,"u":0,"f":null,"t":null,"b":false}]';
    const data = { records: parseJson(records) };
    const access = { files: fixture.files, signal: new AbortController().signal };
    await fixture.service.write(data, { type: "arrow", filename: "round.arrows" }, access);
    expect(await fixture.json({ type: "auto", filename: "round.arrows" })).toBe(records);
    expect(await dtypesOf("round.arrows")).toEqual({
      i: "int64",
      big: "int64",
      u: "uint64",
      f: "float64",
      t: "object",
      b: "bool",
    });
  });

  test("nested values, days, moments and gaps of another program come as on the wire", async () => {
    const point = new Struct([new Field("a", new Int32(), true), new Field("b", new Utf8(), true)]);
    const table = new ArrowTable({
      gaps: vectorFromArray([1, null, 3], new Int32()),
      flags: vectorFromArray([true, null, false], new Bool()),
      day: vectorFromArray([new Date("2024-02-29"), null, new Date("1969-12-31")], new DateDay()),
      moment: vectorFromArray([Date.UTC(2024, 1, 29, 10, 11, 12), null, -1], new TimestampMillisecond()),
      list: vectorFromArray([[1, 2], null, []], new List(new Field("item", new Int32(), true))),
      struct: vectorFromArray([{ a: 1, b: "x" }, null, { a: 2, b: null }], point),
      word: vectorFromArray(["x", "y", "x"]),
    });
    for (const format of ["stream", "file"] as const) {
      writeFileSync(join(fixture.folder, `other.${format}.arrow`), tableToIPC(table, format));
      const filename = `other.${format}.arrow`;
      expect(await fixture.json({ type: "arrow", filename })).toBe(
        '[{"gaps":1,"flags":true,"day":"2024-02-29","moment":"2024-02-29T10:11:12","list":[1,2],' +
          '"struct":{"a":1,"b":"x"},"word":"x"},' +
          '{"gaps":null,"flags":null,"day":null,"moment":null,"list":null,"struct":null,"word":"y"},' +
          '{"gaps":3,"flags":false,"day":"1969-12-31","moment":"1969-12-31T23:59:59.999000","list":[],' +
          '"struct":{"a":2,"b":null},"word":"x"}]',
      );
      expect(await dtypesOf(filename)).toMatchObject({
        gaps: "Int64",
        flags: "boolean",
        moment: "datetime64[ns]",
      });
    }
  });

  test("a table without rows keeps its columns", async () => {
    const access = { files: fixture.files, signal: new AbortController().signal };
    const empty = tableFromRecords([{ a: 1 }] as Cell[]);
    const none = { columns: empty.columns.map((column) => ({ ...column, length: 0 })), rows: 0 };
    const stream = {
      schema: [{ name: "a", dtype: "int64" as const }],
      batches: (async function* () {
        yield* [none].slice(1);
      })(),
    };
    await fixture.service.write(stream, { type: "arrow", filename: "none.arrow" }, access);
    expect(await dtypesOf("none.arrow")).toEqual({ a: "int64" });
  });

  test.each([
    ["empty", new Uint8Array(0), "data-empty"],
    ["no Arrow at all", new TextEncoder().encode("a,b\n1,2\n"), "data-invalid"],
    [
      "cut off",
      tableToIPC(new ArrowTable({ a: vectorFromArray([1, 2, 3], new Int32()) })).slice(0, 150),
      "data-invalid",
    ],
  ])("a file that is %s is refused in our own words", async (_, bytes, code) => {
    writeFileSync(join(fixture.folder, "bad.arrow"), bytes);
    const failure = await fixture
      .json({ type: "arrow", filename: "bad.arrow" })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringContaining('"bad.arrow"') });
  });
});
