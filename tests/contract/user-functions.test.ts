import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { createPlace, type Place } from "../support/place.ts";
import { Machine } from "../support/machine.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { PROJECT, TARGETS } from "../support/targets.ts";
import { errorOf, tableOf } from "./support.ts";

const FUNCTIONS = `
import { setTimeout } from "node:timers/promises";

interface Named { name: string }
let calls: number = 0;

export const functions = {
  initials: {
    description: "First letters of a name",
    arguments: { name: "the name" },
    row: ({ name }: Named) => name.split(" ").map((word) => word[0]).join(""),
  },
  both: { row: ({ name }: Named) => [name.length, new Date(0), calls++].slice(0, 2) },
  later: { row: async ({ n }: { n: number }) => { await setTimeout(1); return n * 2; } },
  picky: { row: ({ n }: { n: number }) => { if (n > 1) throw new Error("too large"); return n; } },
  odd: { row: () => new Map() },
  first: { arguments: { count: "how many" }, table: (rows: object[], { count }: { count: number }) => rows.slice(0, count) },
  even: { table: (rows: { n: number }[]) => rows.map(({ n }) => n % 2 === 0) },
  squares: { table: (rows: { n: number }[]) => rows.map(({ n }) => n * n) },
  never: { row: () => new Promise(() => {}) },
};
`;

const DATA = [
  { name: "Ann Lee", n: 1 },
  { name: "Bo Ek", n: 2 },
];

describe.each(TARGETS)("functions of the operator's own on %s", (target) => {
  let server: TestServer;
  let place: Place;
  beforeAll(async () => {
    place = createPlace();
    place.write("mine/functions.ts", FUNCTIONS);
    place.write("mine/other.js", "export default { initials: { row: () => 1 } };");
    place.write("hearth.yaml", "compute:\n  timeout: 1s\n  modules: [mine/functions.ts, mine/other.js]\n");
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  });
  afterAll(async () => {
    await server.stop();
    place.remove();
  });

  const compute = (operation: string, params: object = {}) =>
    server.post("/api/compute", { operation, data: DATA, params });
  const records = async (operation: string, params: object = {}) =>
    (await tableOf(await compute(operation, params))).records;
  const fault = async (operation: string, params: object = {}) => errorOf(await compute(operation, params));

  test("are computed like hearth's own, in every place", async () => {
    const named = { field: "i", row_args: { name: "name" } };
    expect(await records("initials", named)).toMatchObject([{ i: "AL" }, { i: "BE" }]);
    expect(await records("both", { field: ["length", "day"], row_args: { name: "name" } })).toMatchObject([
      { length: 7, day: "1970-01-01T00:00:00" },
      { length: 5, day: "1970-01-01T00:00:00" },
    ]);
    expect(await records("later", { field: "d", row_args: { n: "n" } })).toMatchObject([{ d: 2 }, { d: 4 }]);
    const data_source = { type: "local", data: DATA, compute: { function: "initials", ...named } };
    expect((await tableOf(await server.post("/api/read_data", { data_source }))).records[0]).toMatchObject({
      i: "AL",
    });
    place.write(
      "i.yml",
      `input: {type: local, index: name, data: ${JSON.stringify(DATA)}}
output: {type: csv, filename: o.csv, directory: ., index: name, columns: [d]}
compute: {function: later, field: d, row_args: {n: n}}
`,
    );
    const made = await server.post("/api/sessions", { interface_file: "i.yml" });
    const { session } = (await made.json()) as { session: { session_id: string } };
    const cell = { index: "Bo Ek", column: "d" };
    const value = await server.post(`/api/sessions/${session.session_id}/get_value_at`, cell);
    expect(await value.json()).toMatchObject({ value: 4 });
  });

  test("over tables give rows, a column, or which rows stay", async () => {
    expect(await records("first", { args: { count: 1 } })).toEqual([{ name: "Ann Lee", n: 1 }]);
    expect(await records("even")).toEqual([{ name: "Bo Ek", n: 2 }]);
    expect(await records("even", { field: "e" })).toMatchObject([{ e: false }, { e: true }]);
    expect(await records("squares", { field: "s" })).toMatchObject([{ s: 1 }, { s: 4 }]);
  });

  test("that fail are told with the row and their own words", async () => {
    expect(await fault("picky", { field: "p", row_args: { n: "n" } })).toMatchObject({
      httpStatus: 422,
      code: "function-failed",
      error_message: 'Row 1: The function "picky" failed: too large',
    });
    expect((await fault("odd", { field: "o" })).error_message).toContain("gave a Map, which is no data");
    expect(await fault("initials", { args: { nme: "x" } })).toMatchObject({ hint: 'Did you mean "name"?' });
    expect(await fault("never", { field: "x" })).toMatchObject({ httpStatus: 422, code: "time-limit" });
    expect(await fault("initails")).toMatchObject({
      httpStatus: 404,
      code: "operation-unknown",
      hint: expect.stringContaining('"initials"? Not loaded: other.js: there is a function'),
    });
  });

  test("are loaded anew when their file has changed", async () => {
    place.write("mine/functions.ts", FUNCTIONS.replace("word[0]", "word.at(-1)"));
    expect(await records("initials", { field: "i", row_args: { name: "name" } })).toMatchObject([
      { i: "ne" },
      { i: "ok" },
    ]);
    place.write("mine/functions.ts", "export const functions = {");
    expect((await fault("initials")).hint).toContain("Not loaded: functions.ts:");
    expect(await records("columnis", { args: { column: "n", value: 2 } })).toHaveLength(1);
    place.write("mine/functions.ts", FUNCTIONS);
    expect(await records("even")).toHaveLength(1);
  });

  test("and their files are out of a guest's reach", async () => {
    const output = { type: "csv", filename: "mine/functions.ts" };
    const written = await server.post("/api/write_data", { data: { records: [{ a: 1 }] }, output });
    expect(await errorOf(written)).toMatchObject({ httpStatus: 403, code: "path-protected" });
  });
});

describe.each(TARGETS)("hearth compute list and explain on %s", (target) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.create(target);
    machine.place.write("functions.ts", FUNCTIONS);
    machine.place.write("mine.yaml", "compute: {modules: [functions.ts]}\n");
    cpSync(join(PROJECT, "examples", "cities.csv"), join(machine.place.data, "cities.csv"));
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  const compute = (...args: string[]) => machine.run(["compute", ...args, "--config", "mine.yaml"]);

  test("show everything that can be computed, with an example", async () => {
    const { stdout } = await compute("list", "--json");
    const list = JSON.parse(stdout) as { name: string; origin: string }[];
    const everyday = ["sql", "filter", "sort", "select", "add", "aggregate", "join", "describe"];
    expect(list.slice(0, 8).map(({ name }) => name)).toEqual(everyday);
    const missing = await compute("nonsense", "cities.csv");
    expect(missing.stderr).toContain(`Known are ${everyday.map((name) => `"${name}"`).join(", ")}, `);
    expect(list).toContainEqual(expect.objectContaining({ name: "initials", origin: "functions.ts" }));
    expect(list.filter(({ origin }) => origin === "hearth").length).toBeGreaterThan(20);
    const explained = await compute("explain", "initials");
    expect(explained.stdout).toContain("initials, row function of functions.ts\n  First letters of a name");
    const unknown = await compute("explain", "filtr");
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Did you mean "filter"?') });
    expect((await compute("explain")).exitCode).toBe(2);
  });
});

describe("the examples of hearth compute explain", () => {
  test("run as they stand", async () => {
    const machine = await Machine.create(TARGETS[0] ?? "bun");
    cpSync(join(PROJECT, "examples", "cities.csv"), join(machine.place.data, "cities.csv"));
    const { stdout } = await machine.run(["compute", "list", "--json"]);
    const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
    for (const name of names) {
      const explained = await machine.run(["compute", "explain", name, "--json"]);
      const { example } = JSON.parse(explained.stdout) as { example: string };
      const result = await machine.bash(`${example} --json`);
      expect([name, result.exitCode, result.stderr]).toEqual([name, 0, ""]);
      expect(Array.isArray(JSON.parse(result.stdout))).toBeTrue();
    }
    await machine[Symbol.asyncDispose]();
  }, 60_000);
});
