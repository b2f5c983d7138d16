import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createComputeService } from "../../src/compute/service.ts";
import { collect, tableFromRecords } from "../../src/data/columns.ts";
import type { CellObject } from "../../src/data/json-keys.ts";
import type { Table } from "../../src/data/table.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createEngineProcess } from "../../src/engine/process/engine-process.ts";
import type { HearthError } from "../../src/errors.ts";
import { loadRuntime } from "../../src/runtime/detect.ts";
import { VERSION } from "../../src/version.ts";
import { isGone } from "../support/machine.ts";
import { until } from "../support/until.ts";
import { fault } from "./fault.ts";

const runtime = await loadRuntime();
const folder = mkdtempSync(join(tmpdir(), "hearth-engine-process-"));
const options = { memoryLimitBytes: 64 << 20, spillFolder: async () => folder, timeLimitSeconds: 1 };
/** Its queries end by memory, however slow the machine is. */
const patientOptions = { ...options, timeLimitSeconds: 60 };
let engine: Engine;
let patient: Engine;
beforeAll(() => {
  engine = createEngineProcess(options, { runtime });
  patient = createEngineProcess(patientOptions, { runtime });
});
afterAll(async () => {
  await engine.close();
  await patient.close();
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

const run = async (sql: string, of: Engine = engine, signal?: AbortSignal) => {
  const session = await of.open([], signal);
  return collect(await session.userQuery("query", sql), 1 << 30);
};

/** Takes ever more memory in one value, and heeds no interrupt. */
const RUNAWAY = "select len(range(200000000)) n";

/** Heeds no interrupt for seconds, in little memory. */
const DEAF = "select max(length(regexp_replace(repeat('ab', 20000000), '(a|b)', 'x', 'g'))) n";

test("a query alone that takes too much memory is told so", async () => {
  expect(await fault(run(RUNAWAY, patient))).toMatchObject({ code: "memory-limit", status: 422 });
});

test("so is one whose values take it while they become cells", async () => {
  const lists = "select list_resize(['a'], 35000, 'abcdefghijk') from range(2048)";
  expect(await fault(run(lists, patient))).toMatchObject({ code: "memory-limit" });
  expect((await run("select 1 one", patient)).rows).toBe(1);
});

test("of several none is blamed, and all may ask again", async () => {
  const first = await Promise.all([fault(run(RUNAWAY, patient)), fault(run(RUNAWAY, patient))]);
  expect(first.map(({ code }) => code)).toEqual(["engine-stopped", "engine-stopped"]);
  expect((await run("select 1 one", patient)).rows).toBe(1);
});

test("one that heeds no interrupt is answered all the same", async () => {
  expect(await fault(run(DEAF))).toMatchObject({ code: "time-limit" });
  expect((await run("select 1 one")).rows).toBe(1);
});

/** Folded while the query is planned, where nothing heeds an interrupt. */
const CONSTANT = "select levenshtein(repeat('ab', 100000), repeat('ba', 100000)) n";

test("planning is under the time limit: constants that take long to fold are ended", async () => {
  expect(await fault(run(CONSTANT))).toMatchObject({ code: "time-limit" });
  expect((await run("select 1 one")).rows).toBe(1);
});

describe("queries beside one that ends the process", () => {
  const long = "select count(*) n from range(2000) a, range(2000) b where a.range % 7 = b.range % 3";
  const compute = async (of: Engine, query: string, signal?: AbortSignal) => {
    const service = createComputeService({ engine: of });
    const records = [{ x: 1 }, { x: 2 }];
    const request = { operation: "sql", data: { records }, params: { query } } as unknown as CellObject;
    const read = () => Promise.reject(new Error("nothing is read"));
    const { stream } = await service.compute(request, { read, signal });
    return collect(stream, 1 << 20);
  };

  test("are repeated when its time is up, and only it is told", async () => {
    let ended = 0;
    const shared = createEngineProcess(
      { ...options, timeLimitSeconds: 5 },
      { runtime, onFailure: () => (ended += 1) },
    );
    const guilty = fault(compute(shared, CONSTANT));
    // Each begins after the one before, so some of them run when the process ends.
    const state = { isOver: false };
    const answers: unknown[] = [];
    const askOn = async () => {
      while (!state.isOver) answers.push(await compute(shared, long).then(({ rows }) => rows, String));
    };
    const asking = Promise.all([askOn(), askOn()]);
    expect(await guilty).toMatchObject({ code: "time-limit" });
    state.isOver = true;
    await asking;
    expect(ended).toBe(1);
    expect(answers.length).toBeGreaterThan(2);
    expect(answers.filter((rows) => rows !== 1)).toEqual([]);
    await shared.close();
  });

  test("are repeated alone when nobody knows which takes the memory", async () => {
    const shared = createEngineProcess(patientOptions, { runtime });
    const [first, second, innocent] = await Promise.all([
      fault(compute(shared, RUNAWAY)),
      fault(compute(shared, RUNAWAY)),
      compute(shared, long),
    ]);
    expect([first.code, second.code]).toEqual(["memory-limit", "memory-limit"]);
    expect(innocent.rows).toBe(1);
    await shared.close();
  });
});

test("a caller who leaves while the process starts leaves no session behind", async () => {
  const pids: number[] = [];
  const leaving = new AbortController();
  const cold = createEngineProcess(options, {
    idleMs: 1,
    runtime: {
      ...runtime,
      async spawn(command, how) {
        const child = await runtime.spawn(command, how);
        pids.push(child.pid);
        leaving.abort();
        return child;
      },
    },
  });
  expect(await fault(run("select 1", cold, leaving.signal))).toMatchObject({ code: "request-cancelled" });
  await until("the process ends", () => pids.length === 1 && isGone(pids[0] as number));
  await cold.close();
});

test("a caller who leaves one that heeds no interrupt need not wait for it", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  expect(await fault(run(DEAF, patient, controller.signal))).toMatchObject({ code: "request-cancelled" });
});

test("a table goes there once, however many queries it has", async () => {
  let reads = 0;
  const table = tableFromRecords([{ x: 1 }, { x: 2 }]);
  const counting = new Proxy(table, {
    get(target, property) {
      if (property === "columns") reads += 1;
      return Reflect.get(target, property) as unknown;
    },
  }) as Table;
  const ask = async () => {
    const session = await engine.open([{ name: "data", data: counting }]);
    return collect(await session.userQuery("query", "select sum(x) s from data"), 1 << 20);
  };
  await ask();
  const readsOfFirst = reads;
  reads = 0;
  await ask();
  expect(reads).toBeLessThan(readsOfFirst);
});

test("a program that was replaced by another version is not asked", async () => {
  const other = createEngineProcess(options, {
    runtime: {
      ...runtime,
      selfCommand: (args) => runtime.selfCommand(args.map((arg) => (arg === VERSION ? "0.0.0" : arg))),
    },
  });
  expect(await fault(run("select 1", other))).toMatchObject({
    code: "engine-unavailable",
    hint: expect.stringContaining("restart"),
  });
  await other.close();
});

test.each([
  ["that is not there", ["/nonexistent/hearth"]],
  ["that ends at once", ["sh", "-c", "echo broken >&2; exit 3"]],
  ["that is no engine", ["sh", "-c", "echo hello to whoever reads this; exec sleep 60"]],
] as const)("a program %s is not started for every query", async (_, command) => {
  let starts = 0;
  const failures: HearthError[] = [];
  const broken = createEngineProcess(options, {
    runtime: {
      ...runtime,
      selfCommand: () => {
        starts += 1;
        return [...command];
      },
    },
    onFailure: (reason) => failures.push(reason),
  });
  for (let i = 0; i < 3; i += 1) {
    const { code, message } = await fault(run("select 1", broken));
    expect(code).toBe("engine-unavailable");
    expect(message).not.toContain("/");
  }
  expect(starts).toBe(1);
  expect(failures).toHaveLength(1);
  await until("it is tried again", async () => {
    await fault(run("select 1", broken));
    return starts === 2;
  });
  await broken.close();
});

test("closed, it fails what runs and takes nothing more", async () => {
  const closing = createEngineProcess({ ...options, timeLimitSeconds: 60 }, { runtime });
  const session = await closing.open([]);
  const running = fault(
    session.userQuery("query", "select count(*) from range(1000000000) a, range(1000000) b"),
  );
  await closing.close();
  expect(await running).toMatchObject({ code: "server-stopping" });
  expect(await fault(run("select 1", closing))).toMatchObject({ code: "server-stopping" });
});
