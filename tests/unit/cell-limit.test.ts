import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";

describe("bounded inputs: cells and columns are counted before room is made for them", () => {
  let fixture: DataFixture;
  beforeEach(() => {
    fixture = createDataFixture();
  });
  afterEach(() => fixture.close());

  const write = (name: string, text: string) => writeFileSync(join(fixture.folder, name), text);
  const failure = async (source: unknown) => {
    try {
      const result = await fixture.read(source);
      for await (const _ of result.stream().batches);
    } catch (error) {
      return error as { code: string; message: string; hint: string };
    }
    throw new Error("it was read");
  };
  const records = (count: number) => Array.from({ length: count }, (_, at) => ({ [`k${at}`]: 1 }));

  test("records with ever other keys, in every format that has records", async () => {
    write("keys.json", JSON.stringify(records(20_000)));
    write(
      "keys.ndjson",
      records(20_000)
        .map((record) => JSON.stringify(record))
        .join("\n"),
    );
    for (const source of [
      { type: "json", filename: "keys.json" },
      { type: "ndjson", filename: "keys.ndjson" },
      { type: "local", data: records(20_000) },
    ]) {
      expect(await failure(source)).toMatchObject({
        code: "data-too-large",
        message: expect.stringMatching(
          /more than 20,000,000 cells \(\d,\d{3} rows with \d,\d{3} columns so far\)/,
        ),
        hint: expect.stringContaining("maxCells"),
      });
    }
  });

  test("a list of rows of which one is long, and an object of objects with other keys each", async () => {
    const rows = Array.from({ length: 1000 }, (_, at) =>
      Array.from({ length: at === 0 ? 50_000 : 1 }, () => 1),
    );
    expect(await failure({ type: "local", data: rows })).toMatchObject({ code: "data-too-large" });
    const nested = Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`c${at}`, { [`r${at}`]: 1 }]));
    expect(await failure({ type: "local", data: nested })).toMatchObject({ code: "data-too-large" });
  });

  test("more than 100,000 columns", async () => {
    write("wide.csv", `${Array.from({ length: 100_002 }, (_, at) => `c${at}`).join(",")}\n`);
    write("wide.json", `[{${Array.from({ length: 100_001 }, (_, at) => `"c${at}":1`).join(",")}}]`);
    for (const name of ["wide.csv", "wide.json"]) {
      const error = await failure({ type: "auto", filename: name });
      expect(error.code).toBe("data-too-large");
      expect(error.message).toMatch(/more than 100,?000 columns/);
    }
  });

  test("one part named thousands of times in a stack", async () => {
    write("part.csv", `a,b,c,d,e\n${"1,2,3,4,5\n".repeat(2000)}`);
    const part = { type: "csv", filename: "part.csv" };
    const specifications = Array.from({ length: 5000 }, () => part);
    expect(await failure({ type: "vstack", specifications })).toMatchObject({ code: "data-too-large" });
    const [first, ...others] = Array.from({ length: 300 }, () => ({ ...part }));
    const beside = others.map((each, at) => ({ ...each, rsuffix: `_${at}` }));
    const { table } = await fixture.read({ type: "hstack", specifications: [first, ...beside] });
    expect(table).toMatchObject({ rows: 2000 });
    expect(table?.columns.length).toBe(1500);
  });

  test("a join in which every row meets every row", async () => {
    write("same.csv", `k,v\n${"x,1\n".repeat(20_000)}`);
    const part = { type: "csv", filename: "same.csv" };
    expect(await failure({ type: "hstack", specifications: [part, { ...part, on: "k" }] })).toMatchObject({
      code: "data-too-large",
    });
  });

  test("a record of a CSV file that is longer than any record", async () => {
    write("quote.csv", `a,b\n1,"${"x".repeat(40_000_000)}`);
    write("line.csv", `a\n${"x".repeat(40_000_000)}\n`);
    for (const name of ["quote.csv", "line.csv"]) {
      expect(await failure({ type: "csv", filename: name })).toMatchObject({ code: "data-too-large" });
    }
  });

  test("keys that objects of JavaScript have are keys like any other", async () => {
    write("proto.json", '[{"__proto__":{"x":1},"constructor":2,"toString":1e999999999}]');
    expect(await fixture.json({ type: "json", filename: "proto.json" })).toBe(
      '[{"__proto__":{"x":1},"constructor":2,"toString":null}]',
    );
  });
});
