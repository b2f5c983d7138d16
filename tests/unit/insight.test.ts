import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createActivity, type DoneRequest } from "../../src/insight/activity.ts";
import { PageAccess } from "../../src/insight/page-access.ts";
import { createTimeline } from "../../src/insight/timeline.ts";

const done = (id: string): DoneRequest => ({
  id,
  method: "GET",
  route: "/api/ping",
  caller: "guest",
  status: 200,
  endedMs: 0,
  durationMs: 1,
  model: undefined,
  code: undefined,
  message: undefined,
});

describe("activity", () => {
  test("remembers the last 500, the newest first", () => {
    const activity = createActivity();
    activity.add(done("first"));
    for (let i = 0; i < 500; i++) activity.add(done(String(i)));
    const ids = activity.recent().map(({ id }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([500, "499", "0"]);
  });

  test("cancels all that have an id, and nothing that has ended", () => {
    const activity = createActivity();
    const cancelled: string[] = [];
    const start = (id: string, name: string) =>
      activity.start({
        id,
        method: "POST",
        route: "/api/compute",
        caller: "guest",
        startedMs: 0,
        model: () => undefined,
        cancel: () => cancelled.push(name),
      });
    start("same", "one");
    start("same", "two");
    const end = start("other", "three");
    end();
    expect([activity.cancel("same"), activity.cancel("other")]).toEqual([true, false]);
    expect(cancelled).toEqual(["one", "two"]);
    expect(activity.running()).toHaveLength(2);
  });
});

describe("the timeline", () => {
  test("counts by ten seconds, and forgets what is older than ten minutes", () => {
    const timeline = createTimeline();
    timeline.add(1_000_000, 200, 10);
    timeline.add(1_001_000, 404, 20);
    timeline.add(1_012_000, 500, 30);
    const [first, second] = timeline.slots(1_015_000);
    expect(first).toMatchObject({ time: 1000, served: 1, refused: 1, failed: 0 });
    expect(first?.p50Ms).toBeCloseTo(10, 0);
    expect(second).toMatchObject({ time: 1010, failed: 1 });
    expect(timeline.latest()).toEqual(second);
    expect(timeline.slots(1_012_000 + 600_000).map(({ time }) => time)).toEqual([]);
    timeline.add(1_600_000, 200, 1); // takes the place of the first
    expect(timeline.slots(1_600_000).map(({ time }) => time)).toEqual([1010, 1600]);
  });
});

describe("a page's sign-in", () => {
  let folder: string;
  let now = 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hearth-"));
    now = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const access = () => new PageAccess(join(folder, "page-secret"), () => now);

  test("a code gives the secret once; it is the same for all pages and outlives the server", () => {
    const pages = access();
    expect(pages.secret).toBeUndefined();
    const secret = pages.redeem(pages.createCode());
    expect(secret).toMatch(/^hearth-page-[0-9a-f]{32}$/);
    expect(pages.redeem(pages.createCode())).toBe(secret);
    expect(access().secret).toBe(secret);
    expect(statSync(join(folder, "page-secret")).mode & 0o777).toBe(0o600);
  });

  test("a code that comes twice ends all sign-ins; an old or unknown one changes nothing", () => {
    const pages = access();
    const code = pages.createCode();
    const secret = pages.redeem(code);
    expect(() => pages.redeem("00")).toThrow("no longer good");
    const late = pages.createCode();
    now = 60_001;
    expect(() => pages.redeem(late)).toThrow("no longer good");
    expect(pages.secret).toBe(secret);
    now = 0;
    expect(() => pages.redeem(code)).toThrow("opened before");
    expect(pages.secret).not.toBe(secret);
  });
});
