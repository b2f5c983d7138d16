import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileAccess } from "../../src/access/file-access.ts";
import { isHarmlessYaml } from "../../src/data/inline-guard.ts";
import type { ReaderProcesses } from "../../src/data/isolated.ts";
import { Moment } from "../../src/data/moment.ts";
import type { ReadContext } from "../../src/data/source.ts";
import { cellOf } from "../../src/data/columns.ts";
import { loadRuntime } from "../../src/runtime/detect.ts";
import { FairQueue } from "../../src/readers/fair-queue.ts";
import { createReaderPool, type ReaderPoolOptions } from "../../src/readers/reader-pool.ts";
import { packCell, unpackCell } from "../../src/worker/packed-cell.ts";
import { READER_BOMBS } from "../support/bombs.ts";
import { fault } from "./fault.ts";

const runtime = await loadRuntime();
const folder = mkdtempSync(join(tmpdir(), "hearth-readers-"));
const LIMITS: ReaderPoolOptions = {
  readers: () => 1,
  readMemoryBytes: () => 1e9,
  readTimeoutSeconds: () => 60,
};
let pool: ReaderProcesses | undefined;
afterEach(async () => {
  await pool?.close();
  pool = undefined;
});

function makePool(options: Partial<ReaderPoolOptions> = {}): ReaderProcesses {
  pool = createReaderPool({ ...LIMITS, ...options }, { runtime });
  return pool;
}

function context(signal = new AbortController().signal): ReadContext {
  const caller = { kind: "guest" } as const;
  const files = createFileAccess({
    caller,
    roots: [folder],
    base: folder,
    protectedPaths: () => [],
    guestWrites: "any",
    trustedPaths: () => [],
  });
  return {
    files,
    signal,
    memoryLimit: 64 << 20,
    maxCells: 1_000_000,
    read: () => Promise.reject(new Error("not asked for")),
    dependsOn: () => {},
  };
}

/** A program that a signal ends before it says anything. */
const KILLED: [string, ...string[]] = ["sh", "-c", "kill -9 $$"];

const BOOK = "@book{k, title = {T}}\n";
writeFileSync(join(folder, "ok.bib"), BOOK);
for (const name of ["stars.md", "strings.bib"]) {
  const bomb = READER_BOMBS.find((each) => each.name === name);
  writeFileSync(join(folder, name), bomb?.make() ?? "");
}
const book = (of: ReaderProcesses) => of.read("bibtex", { type: "bibtex", filename: "ok.bib" }, context());

describe("security: readers", () => {
  test("callers take turns, however much one of them asks for", () => {
    const queue = new FairQueue<string>();
    for (const item of ["a1", "a2", "a3"]) queue.add("a", item);
    queue.add("b", "b1");
    queue.add("c", "c1");
    queue.remove("c", "c1");
    expect(queue.size).toBe(4);
    expect(Array.from({ length: 5 }, () => queue.take())).toEqual(["a1", "b1", "a2", "a3", undefined]);
  });

  test("what is put in front comes first", () => {
    const queue = new FairQueue<string>();
    queue.add("a", "a1");
    queue.add("b", "b1");
    queue.addFirst("b", "b0");
    expect([queue.take(), queue.take(), queue.take()]).toEqual(["b0", "a1", "b1"]);
  });

  test("a caller that leaves while it waits gets its reason, and the others are read", async () => {
    const readers = makePool({ readTimeoutSeconds: () => 2 });
    const slow = fault(readers.read("markdown", { type: "markdown", filename: "stars.md" }, context()));
    const leaving = new AbortController();
    const left = readers.read("bibtex", { type: "bibtex", filename: "ok.bib" }, context(leaving.signal));
    const waiting = book(readers);
    expect(readers.counts().waiting).toBeGreaterThan(0);
    leaving.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    expect(["read-timeout", "data-too-large"]).toContain((await slow).code);
    expect((await waiting).schema.map(({ name }) => name)).toEqual(["ENTRYTYPE", "ID", "title"]);
  }, 60_000);

  test("a table with more cells than the server may hold is data-too-large", async () => {
    const readers = makePool();
    const few = { ...context(), maxCells: 2 };
    const reading = readers.read("bibtex", { type: "bibtex", filename: "ok.bib" }, few);
    expect(await fault(reading)).toMatchObject({ code: "data-too-large", status: 422 });
  }, 60_000);

  test("a program that is no reader is reader-unavailable, and not started for every read", async () => {
    let starts = 0;
    const broken = {
      ...runtime,
      selfCommand: (): [string, ...string[]] => {
        starts += 1;
        return ["false"];
      },
    };
    pool = createReaderPool(LIMITS, { runtime: broken });
    for (let i = 0; i < 3; i += 1)
      expect(await fault(book(pool))).toMatchObject({ code: "reader-unavailable", status: 503 });
    expect(starts).toBe(1);
  }, 60_000);

  test("one that is killed while it starts is started once more, and its read goes on", async () => {
    let starts = 0;
    const unlucky = {
      ...runtime,
      selfCommand: (args: readonly string[]): [string, ...string[]] => {
        starts += 1;
        return starts === 1 ? KILLED : runtime.selfCommand(args);
      },
    };
    pool = createReaderPool(LIMITS, { runtime: unlucky });
    expect((await book(pool)).schema).toHaveLength(3);
    expect(starts).toBe(2);
  }, 60_000);

  test("one that is killed each time it starts is reader-unavailable after the second", async () => {
    let starts = 0;
    const doomed = {
      ...runtime,
      selfCommand: (): [string, ...string[]] => {
        starts += 1;
        return KILLED;
      },
    };
    pool = createReaderPool(LIMITS, { runtime: doomed });
    for (let i = 0; i < 3; i += 1)
      expect(await fault(book(pool))).toMatchObject({ code: "reader-unavailable", status: 503 });
    expect(starts).toBe(2);
  }, 60_000);

  test("closed, it fails what it reads and takes nothing more", async () => {
    const readers = makePool();
    const slow = fault(readers.read("markdown", { type: "markdown", filename: "stars.md" }, context()));
    await book(makePoolAside()).catch(() => {});
    await readers.close();
    expect((await slow).code).toBe("server-stopping");
    expect((await fault(book(readers))).code).toBe("server-stopping");
  }, 60_000);

  test("strings made of strings are data-too-large before they fill memory", async () => {
    const readers = makePool();
    const error = await fault(readers.read("bibtex", { type: "bibtex", filename: "strings.bib" }, context()));
    expect(error).toMatchObject({ code: "data-too-large" });
  }, 60_000);

  test("rows, labels and dates come back as they were read", async () => {
    writeFileSync(join(folder, "row.yaml"), "a: 1\nb: 2024-02-29\nc: text\n");
    const { batches } = await makePool().read("yaml", { type: "yaml", filename: "row.yaml" }, context());
    for await (const table of batches) {
      expect(table.columns.map((column) => cellOf(column, 0))).toEqual([1, "2024-02-29", "text"]);
      expect(table.labels && cellOf(table.labels, 0)).toBe("value");
    }
  }, 60_000);

  test("a value keeps its dates on the way, whatever its keys are", () => {
    const value = {
      at: new Moment("2024-02-29"),
      list: [new Moment("2020-01-01"), { "\0moment": "x" }],
      n: 1,
    };
    expect(unpackCell(packCell(value))).toEqual(value);
    expect(unpackCell(packCell({ "\0moment": new Moment("2024-02-29") }))).toEqual({
      "\0moment": new Moment("2024-02-29"),
    });
  });

  test("an ordinary small YAML text is harmless, one with many marks, references or letters is not", () => {
    expect(isHarmlessYaml("title: T\nauthors:\n  - Ann\n  - Bob\nnote: >\n  some text, and more.\n")).toBe(
      true,
    );
    for (const text of [
      "- a\n".repeat(2000),
      "*a ".repeat(30),
      "[".repeat(300),
      "a".repeat(20_000),
      "<<: *a\n".repeat(20),
    ])
      expect(isHarmlessYaml(text)).toBe(false);
  });
});

/** Another pool, to wait as long as a start takes. */
function makePoolAside(): ReaderProcesses {
  const aside = createReaderPool(LIMITS, { runtime });
  asides.push(aside);
  return aside;
}
const asides: ReaderProcesses[] = [];
afterEach(async () => {
  for (const aside of asides.splice(0)) await aside.close();
});
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
