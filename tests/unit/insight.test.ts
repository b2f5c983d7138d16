import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createActivity, type DoneRequest } from "../../src/insight/activity.ts";
import { isOwnAddress } from "../../src/insight/own-address.ts";
import { PageAccess } from "../../src/insight/page-access.ts";
import { hmac, secretId } from "../../src/insight/page-proof.ts";
import { createTimeline } from "../../src/insight/timeline.ts";

const done = (id: string): DoneRequest => ({
  id,
  method: "GET",
  route: "/api/ping",
  caller: "guest",
  status: 200,
  endedMs: 0,
  durationMs: 1,
  headMs: 1,
  hint: undefined,
  model: undefined,
  code: undefined,
  message: undefined,
});

describe("activity", () => {
  test("a listener that throws ends neither the request nor the other listeners", () => {
    const activity = createActivity();
    const told: string[] = [];
    activity.follow(() => {
      throw new Error("closed");
    });
    activity.follow(({ id }) => told.push(id));
    activity.add(done("a"));
    activity.add(done("b"));
    expect(told).toEqual(["a", "b"]);
  });

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

  const HOST = "127.0.0.1:8765";
  const NONCE = "a".repeat(32);
  /** The token of a page that has the secret. */
  const tokenOf = (pages: PageAccess, secret: string, keys: readonly string[] = [], host = HOST) => {
    const id = secretId(secret);
    const { serverNonce } = pages.prove({ id, nonce: NONCE, host }, keys);
    return `hearth-page-${id}.${NONCE}.${serverNonce}.${hmac(secret, "page", NONCE, serverNonce, host)}`;
  };

  test("a token is good at its address, in its process and for ten minutes", () => {
    const pages = access();
    const secret = pages.redeem(pages.createCode());
    const token = tokenOf(pages, secret);
    expect(pages.holderOf(token, HOST, [])).toEqual({ kind: "owner" });
    expect(() => pages.holderOf(token, "127.0.0.1:9000", [])).toThrow("no longer signed in");
    expect(() => access().holderOf(token, HOST, [])).toThrow("no longer signed in");
    expect(() => pages.holderOf(secret, HOST, [])).toThrow("no longer signed in");
    now = 600_001;
    expect(() => pages.holderOf(token, HOST, [])).toThrow("no longer signed in");
    now = 0;
    pages.signOut();
    expect(() => pages.holderOf(token, HOST, [])).toThrow("no longer signed in");
  });

  test("no part of a token can be changed", () => {
    const pages = access();
    const token = tokenOf(pages, pages.redeem(pages.createCode()));
    for (let at = "hearth-page-".length; at < token.length; at += 1) {
      const other = token[at] === "0" ? "1" : "0";
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      expect(() => pages.holderOf(changed, HOST, [])).toThrow("no longer signed in");
    }
  });

  test("a key's secret stands for that key, as long as it is one", () => {
    const pages = access();
    const secret = pages.secretOf("k1");
    const token = tokenOf(pages, secret, ["k0", "k1"]);
    expect(pages.holderOf(token, HOST, ["k1"])).toEqual({ kind: "key", key: "k1" });
    expect(() => pages.holderOf(token, HOST, ["k0"])).toThrow("no longer signed in");
    expect(access().secretOf("k1")).toBe(secret);
    expect(pages.secretOf("k0")).not.toBe(secret);
  });

  test.each([
    [HOST, 8765, [], true],
    ["localhost:8765", 8765, [], true],
    ["[::1]:8765", 8765, [], true],
    ["127.0.0.1:8766", 8765, [], false],
    ["127.0.0.1", 8765, [], false],
    ["evil.example:8765", 8765, [], false],
    ["hearth.example", 8765, ["hearth.example"], true],
    ["localhost:9000", 8765, ["localhost:9000"], true],
    ["localhost:9001", 8765, ["localhost:9000"], false],
    [HOST, -1, [], false],
    ["any.example", undefined, [], true],
  ] as const)("the address %s is the server's own at port %p with %j: %p", (host, port, allowed, isOwn) =>
    expect(isOwnAddress(host, port, allowed)).toBe(isOwn),
  );
});
