import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { renameSync, rmSync, symlinkSync, truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { errorOf, read, statusOf, tableOf } from "./support.ts";

describe.each(TARGETS)("a file read again on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target);
  });
  afterAll(() => server.stop());

  const path = (name: string) => join(server.place.data, name);
  async function values(filename: string): Promise<unknown[]> {
    const { records } = await tableOf(await read(server, { type: "csv", filename }));
    return records.map(({ v }) => v);
  }

  test("is answered from memory while it is unchanged", async () => {
    const old = new Date(Date.now() - 60_000);
    utimesSync(server.place.write("warm.csv", "v\n1\n2\n"), old, old);
    const first = await (await read(server, { type: "csv", filename: "warm.csv" })).text();
    const before = (await statusOf(server)).hearth.cache;
    const second = await (await read(server, { type: "csv", filename: "warm.csv" })).text();
    const after = (await statusOf(server)).hearth.cache;
    expect(second).toBe(first);
    expect(after["hits"]).toBe((before["hits"] ?? 0) + 1);
    expect(after["misses"]).toBe(before["misses"] ?? 0);
  });

  test("is seen changed when it was written over", async () => {
    server.place.write("over.csv", "v\n1\n");
    expect(await values("over.csv")).toEqual([1]);
    server.place.write("over.csv", "v\n1\n2\n");
    expect(await values("over.csv")).toEqual([1, 2]);
  });

  test("is seen changed when it was written over with as many bytes, at once, again and again", async () => {
    for (let i = 100; i < 140; i++) {
      server.place.write("same.csv", `v\n${i}\n`);
      expect(await values("same.csv")).toEqual([i]);
    }
  });

  test("is seen changed when its old time was put back", async () => {
    const old = new Date(Date.now() - 60_000);
    utimesSync(server.place.write("back.csv", "v\n1\n"), old, old);
    expect(await values("back.csv")).toEqual([1]);
    utimesSync(server.place.write("back.csv", "v\n2\n"), old, old);
    expect(await values("back.csv")).toEqual([2]);
  });

  test("is seen changed when another was renamed over it", async () => {
    server.place.write("name.csv", "v\n1\n");
    for (let i = 2; i < 20; i++) {
      renameSync(server.place.write("name.new", `v\n${i}\n`), path("name.csv"));
      expect(await values("name.csv")).toEqual([i]);
    }
  });

  test("is seen cut", async () => {
    server.place.write("cut.csv", "v\n1\n2\n");
    expect(await values("cut.csv")).toEqual([1, 2]);
    truncateSync(path("cut.csv"), 4);
    expect(await values("cut.csv")).toEqual([1]);
    truncateSync(path("cut.csv"), 0);
    expect(await errorOf(await read(server, { type: "csv", filename: "cut.csv" }))).toMatchObject({
      httpStatus: 400,
      code: "data-empty",
    });
  });

  test("is missing once it was deleted, and there again once it is", async () => {
    server.place.write("gone.csv", "v\n1\n");
    expect(await values("gone.csv")).toEqual([1]);
    rmSync(path("gone.csv"));
    const error = await errorOf(await read(server, { type: "csv", filename: "gone.csv" }));
    expect(error).toMatchObject({ httpStatus: 404, code: "file-not-found" });
    server.place.write("gone.csv", "v\n2\n");
    expect(await values("gone.csv")).toEqual([2]);
  });

  test("is the one that a link points to now", async () => {
    server.place.write("one.csv", "v\n1\n");
    server.place.write("two.csv", "v\n2\n");
    symlinkSync("one.csv", path("link.csv"));
    expect(await values("link.csv")).toEqual([1]);
    symlinkSync("two.csv", path("link.new"));
    renameSync(path("link.new"), path("link.csv"));
    expect(await values("link.csv")).toEqual([2]);
  });

  test("is read with the options of each request, not with those of an earlier one", async () => {
    server.place.write("options.csv", "a;b\n1;2\n");
    const columns = async (source: object) =>
      (await tableOf(await read(server, { type: "csv", filename: "options.csv", ...source }))).columns;
    expect(await columns({})).toEqual(["a;b"]);
    expect(await columns({ delimiter: ";" })).toEqual(["a", "b"]);
    expect(await columns({ delimiter: ";", rename_columns: { a: "x" } })).toEqual(["x", "b"]);
    expect(await columns({ delimiter: ";", select_columns: ["b"] })).toEqual(["b"]);
    expect(await columns({ delimiter: ";" })).toEqual(["a", "b"]);
  });

  test("shows each of many readers one whole version while it is replaced, or says that it changed", async () => {
    const version = (i: number) => `v\n${`${i}\n`.repeat(2000)}`;
    const replace = (i: number) =>
      renameSync(server.place.write("race.new", version(i % 10)), path("race.csv"));
    replace(0);
    for (let round = 1; round <= 20; round++) {
      const reading = Array.from({ length: 5 }, () => read(server, { type: "csv", filename: "race.csv" }));
      replace(round);
      for (const response of await Promise.all(reading)) {
        if (response.status !== 200) {
          expect(await errorOf(response)).toMatchObject({ httpStatus: 409, code: "file-changed" });
          continue;
        }
        const { records } = await tableOf(response);
        expect(records).toHaveLength(2000);
        expect(new Set(records.map(({ v }) => v)).size).toBe(1);
      }
      expect((await values("race.csv"))[0]).toBe(round % 10);
    }
  });

  test("is the same for all who ask at the same moment", async () => {
    server.place.write("crowd.csv", `v\n${"1\n".repeat(50_000)}`);
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () =>
        (await read(server, { type: "csv", filename: "crowd.csv" })).text(),
      ),
    );
    expect(new Set(answers).size).toBe(1);
  });

  test("takes no more memory for many files than the limit", async () => {
    const { limit = 0 } = (await statusOf(server)).hearth.cache;
    for (let i = 0; i < 200; i++) {
      server.place.write(`many/${i}.csv`, `v\n${i}\n`);
      expect(await values(`many/${i}.csv`)).toEqual([i]);
    }
    const { bytes = Infinity } = (await statusOf(server)).hearth.cache;
    expect(limit).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(limit);
  });
});

describe.each(TARGETS)("a small cache on %s", (target) => {
  test("lets the oldest go and stays within its limit", async () => {
    const server = await startServer(target, { args: ["--cache-limit", "1MiB"] });
    try {
      const text = `v\n${"some text of a row\n".repeat(5000)}`;
      for (let i = 0; i < 40; i++) {
        server.place.write(`${i}.csv`, text);
        expect((await tableOf(await read(server, { type: "csv", filename: `${i}.csv` }))).shape).toEqual([
          5000, 1,
        ]);
        const { bytes, limit } = (await statusOf(server)).hearth.cache;
        expect(limit).toBe(2 ** 20);
        expect(bytes).toBeLessThanOrEqual(2 ** 20);
      }
    } finally {
      await server.stop();
    }
  });
});
