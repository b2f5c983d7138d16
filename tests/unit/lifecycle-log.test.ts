import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { followLog } from "../../src/lifecycle/follow-log.ts";
import type { RequestEntry } from "../../src/lifecycle/log-line.ts";
import { readLog } from "../../src/lifecycle/read-log.ts";
import { createRequestLog } from "../../src/lifecycle/request-log.ts";
import { until } from "../support/until.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hearth-"));
  path = join(folder, "log");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SETTINGS = { level: "info", requests: true, maxBytes: 1e6 } as const;
const ENTRY: RequestEntry = {
  id: "r1",
  method: "GET",
  route: "/api/ping",
  status: 200,
  durationMs: 0.12345,
  caller: "owner",
};

test("a listener of the log that throws keeps no line from the file or from the others", () => {
  const log = createRequestLog(path, SETTINGS);
  const told: string[] = [];
  log.follow(() => {
    throw new Error("closed");
  });
  log.follow((line) => told.push(line));
  log.event("info", "one");
  log.event("info", "two");
  log.close();
  expect(told.length).toBe(2);
  expect(readFileSync(path, "utf8")).toContain("two");
});

describe("the request log", () => {
  test("a request is one JSON line, in a file of mode 0600", () => {
    const log = createRequestLog(path, SETTINGS, () => Date.UTC(2026, 0, 2, 3, 4, 5, 6));
    log.request({ ...ENTRY, bytes: 12, code: "no-root" });
    log.flush();
    expect(readFileSync(path, "utf8")).toBe(
      '{"time":"2026-01-02T03:04:05.006Z","level":"info","event":"request","id":"r1","method":"GET",' +
        '"route":"/api/ping","status":200,"ms":0.123,"caller":"owner","bytes":12,"code":"no-root"}\n',
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("whatever stands in a text, the line stays one JSON object", () => {
    const log = createRequestLog(path, SETTINGS);
    const id = 'a"b\\c\nd\u2028\u{1f600}';
    log.request({ ...ENTRY, id });
    log.event("warn", id, { number: 12n, nothing: undefined });
    log.close();
    const records = [...readLog(path)];
    expect(records.map((record) => record.id ?? record.message)).toEqual([id, id]);
  });

  test("errors keep stack, code and causes", () => {
    const log = createRequestLog(path, SETTINGS);
    log.error(
      "it broke",
      new Error("outer", { cause: Object.assign(new Error("inner"), { code: "EIO" }) }),
      "r9",
    );
    log.close();
    const [record] = [...readLog(path, { requestId: "r9" })];
    expect(record).toMatchObject({
      level: "error",
      message: "it broke",
      error: { message: "outer", cause: { message: "inner", code: "EIO" } },
    });
    expect(JSON.stringify(record)).toContain("lifecycle-log.test.ts");
  });

  test("levels leave lines out, and change in place", () => {
    const log = createRequestLog(path, { ...SETTINGS, level: "warn" });
    log.request(ENTRY);
    log.request({ ...ENTRY, id: "r2", status: 404 });
    log.event("info", "no");
    log.configure({ ...SETTINGS, requests: false });
    log.request({ ...ENTRY, id: "r3", status: 500 });
    log.event("info", "yes");
    log.close();
    expect([...readLog(path)].map((record) => record.id ?? record.message)).toEqual(["r2", "yes"]);
  });

  test("is rotated by size and keeps one older file, with no line lost or torn", () => {
    const log = createRequestLog(path, { ...SETTINGS, maxBytes: 2000 });
    for (let i = 0; i < 24; i++) {
      log.request({ ...ENTRY, id: `r${i}` });
      log.flush();
    }
    log.close();
    expect(existsSync(`${path}.1`)).toBe(true);
    expect(statSync(path).size).toBeLessThanOrEqual(2000);
    const ids = [...readLog(path)].map((record) => record.id ?? "");
    expect(ids.at(-1)).toBe("r23");
    expect(ids.length).toBeGreaterThan(13);
    expect(ids).toEqual(ids.map((_, index) => `r${24 - ids.length + index}`));
  });

  test("goes on after half a line of a server that was killed", () => {
    writeFileSync(path, '{"time":"2026-01-01T00:00:00.0');
    const log = createRequestLog(path, SETTINGS);
    log.request(ENTRY);
    log.close();
    expect([...readLog(path)].map((record) => record.id)).toEqual(["r1"]);
  });

  test("what can't be written is dropped and counted, and later lines are written again", () => {
    const log = createRequestLog(join(folder, "absent", "log"), SETTINGS);
    log.request(ENTRY);
    log.flush();
    expect(log.droppedLines).toBe(1);
    const full = createRequestLog("/dev/full", SETTINGS);
    full.request(ENTRY);
    expect(() => full.flush()).not.toThrow();
    expect(full.droppedLines).toBe(1);
  });
});

describe("reading the log", () => {
  test("filters by time, level and request", () => {
    const at = (ms: number) => createRequestLog(path, SETTINGS, () => ms);
    for (const [ms, status] of [
      [1000, 200],
      [2000, 404],
      [3000, 500],
    ] as const) {
      const log = at(ms);
      log.request({ ...ENTRY, id: `r${ms}`, status });
      log.close();
    }
    const ids = (filter: Parameters<typeof readLog>[1]) =>
      [...readLog(path, filter)].map((record) => record.id);
    expect(ids({ sinceMs: 2000 })).toEqual(["r2000", "r3000"]);
    expect(ids({ level: "error" })).toEqual(["r3000"]);
    expect(ids({ requestId: "r1000" })).toEqual(["r1000"]);
    expect(ids({ requestId: "r1000", level: "warn" })).toEqual([]);
  });

  test("a missing log is empty; lines that aren't ours and a last half one are left out", () => {
    expect([...readLog(path)]).toEqual([]);
    writeFileSync(path, 'hello\n{"a":1}\n\n{"time":"t","level":"info","event":"x"}\n{"time":"t","level":"in');
    expect([...readLog(path)].map((record) => record.event)).toEqual(["x"]);
  });

  test("following gives new lines across a rotation and a file that is still to come", async () => {
    const stop = new AbortController();
    const seen: unknown[] = [];
    const following = (async () => {
      for await (const record of followLog(path, { signal: stop.signal, fromEnd: true })) {
        seen.push(record.id);
        if (record.id === "r9") stop.abort();
      }
    })();
    const log = createRequestLog(path, { ...SETTINGS, maxBytes: 500 });
    for (let i = 0; i < 10; i++) {
      log.request({ ...ENTRY, id: `r${i}` });
      log.flush();
      if (i % 2 === 1) await new Promise((resolve) => setTimeout(resolve, 230));
    }
    await following;
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `r${i}`));
  });

  test("following misses nothing where the file is rotated twice between two looks", async () => {
    const log = createRequestLog(path, { ...SETTINGS, maxBytes: 500 });
    const write = (id: string) => {
      log.request({ ...ENTRY, id });
      log.flush();
    };
    write("before");
    const stop = new AbortController();
    const seen: (string | undefined)[] = [];
    const following = (async () => {
      for await (const record of followLog(path, { signal: stop.signal, fromEnd: true })) {
        seen.push(record.id);
        if (record.id === "r7") stop.abort();
      }
    })();
    write("r0");
    await until("the first line was seen", () => seen.length === 1);
    // Three lines fill a file: by r7 the one that was open is gone from its folder.
    for (let i = 1; i < 8; i++) {
      write(`r${i}`);
      // Held up, not waited for: the follower must not look meanwhile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3);
    }
    await following;
    log.close();
    expect(seen).toEqual(Array.from({ length: 8 }, (_, i) => `r${i}`));
  });

  test("a file that is made anew does not bring the older one back", async () => {
    writeFileSync(`${path}.1`, '{"time":"t","level":"info","event":"older"}\n');
    writeFileSync(path, '{"time":"t","level":"info","event":"old"}\n');
    const stop = new AbortController();
    const seen: string[] = [];
    setTimeout(() => {
      rmSync(path);
      writeFileSync(path, '{"time":"t","level":"info","event":"new"}\n');
    }, 20);
    for await (const record of followLog(path, { signal: stop.signal, fromEnd: true })) {
      seen.push(record.event);
      stop.abort();
    }
    expect(seen).toEqual(["new"]);
  });

  test("following gives a line when its end has come, not before", async () => {
    writeFileSync(path, '{"time":"t","level":"info","event":"old"}\n{"time":"t","level":"info",');
    const stop = new AbortController();
    const seen: string[] = [];
    setTimeout(() => appendFileSync(path, '"event":"new"}\n'), 50);
    for await (const record of followLog(path, { signal: stop.signal, fromEnd: false })) {
      seen.push(record.event);
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual(["old", "new"]);
  });
});
