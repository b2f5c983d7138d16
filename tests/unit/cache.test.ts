import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { TableCache } from "../../src/data/cache.ts";
import { columnFromCells, tableFromColumns } from "../../src/data/columns.ts";
import { isRacy } from "../../src/data/same-stamp.ts";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";

const HOUR_MS = 3_600_000;

describe("what is read is never stale", () => {
  let fixture: DataFixture;
  beforeEach(() => {
    fixture = createDataFixture();
  });
  afterEach(() => fixture.close());

  const source = { type: "json", filename: "a.json" };
  const path = () => join(fixture.folder, "a.json");
  const put = (value: number) => writeFileSync(path(), `[{"v":${value}}]`);

  test("changed in place to the same size, again and again, at any speed", async () => {
    for (let i = 100; i < 400; i += 1) {
      put(i);
      expect(await fixture.json(source)).toBe(`[{"v":${i}}]`);
      expect(await fixture.json(source)).toBe(`[{"v":${i}}]`);
    }
  });

  test("changed to the same size with its old times put back", async () => {
    put(1);
    const { atime, mtime } = statSync(path());
    await fixture.json(source);
    put(2);
    utimesSync(path(), atime, mtime);
    expect(await fixture.json(source)).toBe('[{"v":2}]');
  });

  test("replaced by rename, truncated, appended, deleted, made again", async () => {
    put(1);
    expect(await fixture.json(source)).toBe('[{"v":1}]');
    writeFileSync(join(fixture.folder, "b.json"), '[{"v":2}]');
    renameSync(join(fixture.folder, "b.json"), path());
    expect(await fixture.json(source)).toBe('[{"v":2}]');
    truncateSync(path(), 0);
    await expect(fixture.json(source)).rejects.toMatchObject({ code: "data-invalid" });
    appendFileSync(path(), '[{"v":3}]');
    expect(await fixture.json(source)).toBe('[{"v":3}]');
    unlinkSync(path());
    await expect(fixture.json(source)).rejects.toMatchObject({ code: "file-not-found" });
    put(4);
    expect(await fixture.json(source)).toBe('[{"v":4}]');
  });

  test("a link that points elsewhere now", async () => {
    mkdirSync(join(fixture.folder, "d"));
    for (const value of [1, 2]) writeFileSync(join(fixture.folder, "d", `${value}.json`), `[{"v":${value}}]`);
    for (const value of [1, 2, 1]) {
      rmSync(path(), { force: true });
      symlinkSync(`d/${value}.json`, path());
      expect(await fixture.json(source)).toBe(`[{"v":${value}}]`);
    }
    expect(fixture.service.stats()).toMatchObject({ entries: 2, hits: 1 });
  });

  test("an unchanged file is read once, fresh or old", async () => {
    put(1);
    for (let i = 0; i < 5; i += 1) await fixture.json(source);
    fixture.aheadMs = HOUR_MS;
    for (let i = 0; i < 5; i += 1) await fixture.json(source);
    expect(fixture.service.stats()).toMatchObject({ entries: 1, hits: 9, misses: 1 });
  });

  test("answers kept for a file go with its content", async () => {
    put(1);
    const made: string[] = [];
    const answer = async (value: string) => {
      const result = await fixture.read(source);
      const bytes = result.memo("json", () => {
        made.push(value);
        return new TextEncoder().encode(value);
      });
      return new TextDecoder().decode(bytes);
    };
    expect([await answer("one"), await answer("two")]).toEqual(["one", "one"]);
    put(2);
    expect([await answer("three"), await answer("four")]).toEqual(["three", "three"]);
    expect(made).toEqual(["one", "three"]);
  });

  test("answers to other wishes are other answers", async () => {
    put(1);
    const keyed = async (wishes: object) =>
      (await fixture.read({ ...source, ...wishes })).memo("k", () =>
        new TextEncoder().encode(JSON.stringify(wishes)),
      );
    const plain = await keyed({});
    expect(await keyed({ rename_columns: { v: "w" } })).not.toEqual(plain);
    expect(await keyed({ rename_columns: { v: "x" } })).not.toEqual(
      await keyed({ rename_columns: { v: "w" } }),
    );
    expect(await keyed({})).toBe(plain);
  });

  test("deleted files do not stay in memory", async () => {
    for (let i = 0; i < 20; i += 1) {
      writeFileSync(join(fixture.folder, `${i}.json`), "[1]");
      await fixture.json({ type: "json", filename: `${i}.json` });
    }
    expect(fixture.service.stats().entries).toBe(20);
    for (let i = 0; i < 20; i += 1) unlinkSync(join(fixture.folder, `${i}.json`));
    fixture.aheadMs = HOUR_MS;
    await fixture.json({ type: "json", filename: "3.json" }).catch(() => {});
    expect(fixture.service.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });
});

test("a thousand files stay within the bound, and the last ones are there", async () => {
  const limit = 200_000;
  const fixture = createDataFixture({ cache: limit });
  const rows = Array.from({ length: 50 }, (_, i) => `{"v":${i}}`).join(",");
  for (let i = 0; i < 1000; i += 1) {
    const filename = `${i}.json`;
    writeFileSync(join(fixture.folder, filename), `[${rows}]`);
    const result = await fixture.read({ type: "json", filename });
    result.memo("json", () => new Uint8Array(500));
    expect(fixture.service.stats().bytes).toBeLessThanOrEqual(limit);
  }
  const { hits } = fixture.service.stats();
  await fixture.read({ type: "json", filename: "999.json" });
  expect(fixture.service.stats().hits).toBe(hits + 1);
  await fixture.read({ type: "json", filename: "0.json" });
  expect(fixture.service.stats().hits).toBe(hits + 1);
  fixture.close();
});

describe("TableCache", () => {
  const entry = (key: string, rows: number) => ({
    key,
    stamps: [],
    table: tableFromColumns([
      columnFromCells(
        "v",
        Array.from({ length: rows }, () => 1),
      ),
    ]),
    hash: undefined,
  });

  test("the least recently used goes first", () => {
    const cache = new TableCache(10_000);
    const [a, b, c] = [entry("a", 300), entry("b", 300), entry("c", 300)];
    cache.keep(a);
    cache.keep(b);
    cache.use(a);
    cache.keep(c);
    expect(cache.entries().map(({ key }) => key)).toEqual(["a", "c"]);
  });

  test("what is larger than the bound is served, not kept", () => {
    const cache = new TableCache(2000);
    const large = entry("a", 300);
    cache.keep(large);
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
    const small = entry("b", 1);
    cache.keep(small);
    cache.memo(small, "json", () => new Uint8Array(5000));
    expect(cache.stats().bytes).toBeLessThan(2000);
  });

  test("a smaller bound takes effect at once, a bound of 0 keeps nothing", () => {
    const cache = new TableCache(10_000);
    cache.keep(entry("a", 300));
    cache.resize(0);
    cache.keep(entry("b", 1));
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });

  test("an answer of a table that is gone is not kept", () => {
    const cache = new TableCache(10_000);
    const [old, fresh] = [entry("a", 1), entry("a", 1)];
    cache.keep(old);
    cache.keep(fresh);
    cache.memo(old, "json", () => Uint8Array.of(1));
    expect(cache.memo(fresh, "json", () => Uint8Array.of(2))).toEqual(Uint8Array.of(2));
  });
});

test("only a change within the last two seconds is doubted; a future mtime is not asked", () => {
  const stamp = { realPath: "/a", size: 1, mtimeNs: 10n ** 18n * 2n, ino: 1n, dev: 1n };
  expect(isRacy({ ...stamp, ctimeNs: 10_000_000_000n }, 11_000)).toBe(true);
  expect(isRacy({ ...stamp, ctimeNs: 10_000_000_000n }, 12_500)).toBe(false);
  expect(isRacy({ ...stamp, mtimeNs: 10_000_000_000n, ctimeNs: 0n }, 11_000)).toBe(true);
});
