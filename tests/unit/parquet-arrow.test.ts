import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, openSync, closeSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import type { OpenedFile } from "../../src/access/files.ts";
import { collect, schemaOf, streamOf, tableFromRecords } from "../../src/data/columns.ts";
import { parseCsvOptions } from "../../src/data/csv/options.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { encodeRecords } from "../../src/data/json-write.ts";
import { parquetReader } from "../../src/data/readers/parquet.ts";
import type { ReadContext } from "../../src/data/source.ts";
import type { Cell, Table } from "../../src/data/table.ts";
import type { Writer } from "../../src/data/target.ts";
import { arrowWriter } from "../../src/data/writers/arrow.ts";
import { parquetWriter } from "../../src/data/writers/parquet.ts";
import { readCsvByEngine } from "../../src/engine/read-csv.ts";
import { HearthError } from "../../src/errors.ts";
import { SpillBudget } from "../../src/spill-budget.ts";

const folder = mkdtempSync(join(tmpdir(), "hearth-parquet-"));
afterAll(() => rmSync(folder, { recursive: true }));

function openFile(path: string): OpenedFile {
  const { size } = statSync(path);
  const fd = openSync(path, "r");
  const stamp = { realPath: path, size, mtimeNs: 0n, ctimeNs: 0n, ino: 0n, dev: 0n };
  return {
    shownPath: path,
    stamp,
    fd,
    nativePath: path,
    isUnchanged: () => true,
    close: () => closeSync(fd),
  };
}

const context: ReadContext = {
  files: {
    open: async (path) => openFile(path),
    stamp: () => Promise.reject(new Error()),
    list: () => Promise.reject(new Error()),
    placeOf: () => ({ root: "", directory: "" }),
  },
  signal: new AbortController().signal,
  memoryLimit: 128 << 20,
  maxCells: 20_000_000,
  read: () => Promise.reject(new Error()),
  dependsOn: () => undefined,
};

async function write(writer: Writer, table: Table, parameters = {}): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const writing = {
    signal: context.signal,
    spillFolder: async () => folder,
    spillBudget: new SpillBudget(() => 1 << 30),
  };
  for await (const chunk of writer.encode(streamOf(table), writer.options(parameters), writing))
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

const tableOf = (json: string): Table => tableFromRecords(parseJson(json) as Cell[]);
const text = (table: Table) => new TextDecoder().decode(encodeRecords(table));
const readFile = async (filename: string) =>
  collect(await parquetReader.read({ type: "parquet", filename }, context), 1 << 30);

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  return error instanceof HearthError ? error.code : String(error);
}

const JSON_TABLE =
  '[{"i":1,"big":9007199254740993,"f":2.0,"t":"é","b":true,"l":["x","y"],"o":{"b":1}},' +
  '{"i":-5,"big":-1,"f":null,"t":null,"b":false,"l":null,"o":null}]';

describe("parquet", () => {
  test("what is written is read again, in any compression, and nothing is left behind", async () => {
    for (const compression of ["zstd", "snappy", "none"]) {
      const path = join(folder, `round [${compression}]*.parquet`);
      writeFileSync(path, await write(parquetWriter, tableOf(JSON_TABLE), { compression }));
      expect(text(await readFile(path))).toBe(JSON_TABLE);
      rmSync(path);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test("no rows keep the columns; no columns are refused", async () => {
    const path = join(folder, "none.parquet");
    writeFileSync(
      path,
      await write(parquetWriter, { ...tableOf('[{"a":1}]'), rows: 0, columns: [] } as Table).catch(() => ""),
    );
    expect(await codeOf(readFile(path))).toBe("data-empty");
    const empty = tableFromRecords([], ["a", "b"]);
    writeFileSync(path, await write(parquetWriter, empty));
    expect(schemaOf(await readFile(path)).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("what is no Parquet file is said to be none", async () => {
    const path = join(folder, "bad.parquet");
    writeFileSync(path, "hello, this is not it");
    expect(await codeOf(readFile(path))).toBe("data-invalid");
    const whole = await write(parquetWriter, tableOf(JSON_TABLE));
    writeFileSync(path, Buffer.concat([whole.subarray(0, 40), Buffer.alloc(60), whole.subarray(100)]));
    expect(await codeOf(readFile(path))).toBe("data-invalid");
  });

  test("an unknown compression is refused", () => {
    expect(() => parquetWriter.options({ compression: "zst" })).toThrow('"compression" must be one of');
  });
});

describe("arrow", () => {
  test("a reader gets the types and values", async () => {
    const table = tableFromIPC(await write(arrowWriter, tableOf(JSON_TABLE)));
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual(
      "Int64 Int64 Float64 Utf8 Bool Utf8 Utf8".split(" "),
    );
    expect(table.toArray().map((row) => ({ ...row.toJSON() }))).toEqual([
      { i: 1n, big: 9007199254740993n, f: 2, t: "é", b: true, l: '["x","y"]', o: '{"b":1}' },
      { i: -5n, big: -1n, f: null, t: null, b: false, l: null, o: null },
    ]);
  });

  test("several batches are one stream; none are a schema", async () => {
    const one = tableOf('[{"a":1,"s":"x"}]');
    const stream = {
      schema: schemaOf(one),
      batches: (async function* () {
        yield one;
        yield one;
      })(),
    };
    const chunks: Uint8Array[] = [];
    for await (const chunk of arrowWriter.encode(
      stream,
      {},
      {
        signal: context.signal,
        spillFolder: async () => folder,
        spillBudget: new SpillBudget(() => 1 << 30),
      },
    ))
      chunks.push(chunk);
    expect(tableFromIPC(Buffer.concat(chunks)).numRows).toBe(2);
    const empty = tableFromIPC(await write(arrowWriter, tableFromRecords([], ["a"])));
    expect([empty.numRows, empty.schema.fields[0]?.name]).toEqual([0, "a"]);
  });
});

describe("csv by the engine", () => {
  const readCsv = async (content: string, options = {}) => {
    const path = join(folder, "x.csv");
    writeFileSync(path, content);
    const file = openFile(path);
    try {
      return await collect(
        await readCsvByEngine(file, parseCsvOptions({ type: "csv", ...options }, ","), context),
        1 << 30,
      );
    } finally {
      file.close();
    }
  };

  test("dates and moments are found", async () => {
    const table = await readCsv("d,t,n\n2024-02-29,2024-02-29 10:11:12,1\n2024-03-01,2024-03-01 00:00:00,\n");
    expect(table.columns.map(({ dtype }) => dtype)).toEqual(["object", "datetime64[ns]", "Int64"]);
    expect(text(table)).toStartWith('[{"d":"2024-02-29","t":"2024-02-29T10:11:12","n":1}');
  });

  test("delimiter, quote, header and dtypes are the caller's", async () => {
    const dtypes = [{ field: "a", type: "str_type" }];
    expect(text(await readCsv("a;b\n01;'x;y'\n", { delimiter: ";", quotechar: "'", dtypes }))).toBe(
      '[{"a":"01","b":"x;y"}]',
    );
    expect(text(await readCsv("1,2\n3,4\n", { header: null }))).toBe('[{"0":1,"1":2},{"0":3,"1":4}]');
  });
});
