import { describe, expect, test } from "bun:test";
import { createIdleClock } from "../../src/lifecycle/idle-clock.ts";
import { createInFlight } from "../../src/lifecycle/in-flight.ts";
import { createServerLife } from "../../src/lifecycle/life.ts";
import { compareVersions, decideReplacement } from "../../src/lifecycle/replace.ts";
import { createHistogram } from "../../src/lifecycle/histogram.ts";
import { createStatistics } from "../../src/lifecycle/statistics.ts";

/** A clock that a test moves; callbacks come when their time does. */
function createTime() {
  let nowMs = 0;
  let planned: { atMs: number; callback: () => void }[] = [];
  let armed = 0;
  return {
    now: () => nowMs,
    after(delayMs: number, callback: () => void) {
      armed += 1;
      const one = { atMs: nowMs + delayMs, callback };
      planned.push(one);
      return () => void (planned = planned.filter((other) => other !== one));
    },
    advance(ms: number) {
      const endMs = nowMs + ms;
      for (;;) {
        const next = planned.filter((one) => one.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        planned = planned.filter((one) => one !== next);
        nowMs = next.atMs;
        next.callback();
      }
      nowMs = endMs;
    },
    armed: () => armed,
  };
}

function createClock(timeoutSeconds: number) {
  const time = createTime();
  const inFlight = createInFlight(time.now);
  let idleCount = 0;
  const clock = createIdleClock({ timeoutSeconds, inFlight, onIdle: () => (idleCount += 1) }, time);
  return { time, inFlight, clock, idleCount: () => idleCount };
}

describe("the idle clock", () => {
  test("counts from the end of the last request", () => {
    const { time, inFlight, clock, idleCount } = createClock(10);
    time.advance(9000);
    const leave = inFlight.enter("use");
    time.advance(60_000);
    expect(clock.idleSeconds).toBe(0);
    leave();
    time.advance(9999);
    expect(idleCount()).toBe(0);
    expect(clock.remainingSeconds).toBeCloseTo(0.001);
    time.advance(1);
    expect(idleCount()).toBe(1);
  });

  test("does not see who only watches", () => {
    const { time, inFlight, idleCount } = createClock(10);
    time.advance(5000);
    inFlight.enter("watch");
    time.advance(5000);
    expect(idleCount()).toBe(1);
  });

  test("costs a request nothing: ten thousand of them arm no timer", () => {
    const { time, inFlight } = createClock(10);
    for (let i = 0; i < 10_000; i++) inFlight.enter("use")();
    expect(time.armed()).toBe(1);
  });

  test("0 means never, and the timeout can be changed in place", () => {
    const { time, clock, idleCount } = createClock(0);
    time.advance(1e9);
    expect(clock.remainingSeconds).toBeUndefined();
    expect(idleCount()).toBe(0);
    clock.setTimeoutSeconds(5);
    time.advance(1);
    expect(idleCount()).toBe(1);
  });

  test("a timeout longer than a timer can be is waited for", () => {
    const { time, idleCount } = createClock(30 * 86_400);
    time.advance(29.9 * 86_400_000);
    expect(idleCount()).toBe(0);
    time.advance(0.1 * 86_400_000);
    expect(idleCount()).toBe(1);
  });
});

describe("requests in flight", () => {
  test("leaving twice counts once", () => {
    const inFlight = createInFlight();
    const leave = inFlight.enter("use");
    inFlight.enter("use");
    leave();
    leave();
    expect(inFlight.active).toBe(1);
  });

  test("whenNone settles with the last one, for its own kind", async () => {
    const inFlight = createInFlight();
    const leave = inFlight.enter("use");
    inFlight.enter("watch");
    let settled = false;
    const none = inFlight.whenNone("use").then(() => (settled = true));
    await Promise.resolve();
    expect(settled).toBe(false);
    leave();
    expect(await none).toBe(true);
  });
});

describe("a server's life", () => {
  test("tells watching streams once, and runs the stop hooks in reverse, also after one has failed", async () => {
    const life = createServerLife();
    const seen: string[] = [];
    life.onStopping(() => seen.push("told"));
    life.onStopping(() => seen.push("never"))();
    life.onStop(() => void seen.push("first"));
    life.onStop(() => {
      throw new Error("stuck");
    });
    life.onStop(() => void seen.push("last"));
    life.beginStopping();
    life.beginStopping();
    await life.runStopHooks((error) => seen.push((error as Error).message));
    await life.runStopHooks(() => {});
    expect(seen).toEqual(["told", "last", "stuck", "first"]);
  });
});

describe("replacing a server", () => {
  const idleAuto = { version: "1.0.0", protocol: 1, startedHow: "auto", isIdle: true } as const;
  const mine = { version: "1.1.0", protocol: 1 };

  test("happens only to an older, idle one that a client started", () => {
    expect(decideReplacement(idleAuto, mine)).toBe("replace");
    expect(decideReplacement({ ...idleAuto, isIdle: false }, mine)).toBe("use");
    expect(decideReplacement({ ...idleAuto, startedHow: "by-hand" }, mine)).toBe("use");
    expect(decideReplacement({ ...idleAuto, startedHow: "service" }, mine)).toBe("use");
    expect(decideReplacement({ ...idleAuto, version: "1.1.0" }, mine)).toBe("use");
    expect(decideReplacement({ ...idleAuto, version: "2.0.0" }, mine)).toBe("use");
  });

  test("a protocol that doesn't fit is said when nothing can be replaced", () => {
    expect(decideReplacement({ ...idleAuto, protocol: 0 }, mine)).toBe("replace");
    expect(decideReplacement({ ...idleAuto, protocol: 0, startedHow: "by-hand" }, mine)).toBe("incompatible");
    expect(decideReplacement({ ...idleAuto, version: "2.0.0", protocol: 2 }, mine)).toBe("incompatible");
  });

  test("versions are ordered as semver.org says", () => {
    const ordered =
      "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.2.0 1.10.0";
    const versions = ordered.split(" ");
    expect(versions.toReversed().sort(compareVersions)).toEqual(versions);
    expect(compareVersions("1.0.0+a", "1.0.0+b")).toBe(0);
  });
});

describe("statistics", () => {
  test("quantiles are at most 4 % off, from microseconds to minutes", () => {
    for (const value of [0.001, 0.1, 1, 3.7, 250, 90_000]) {
      const histogram = createHistogram();
      for (let i = 0; i < 100; i++) histogram.add(value);
      const p50 = histogram.quantile(0.5) ?? 0;
      expect(Math.abs(p50 - value) / value).toBeLessThan(value < 0.02 ? 0.51 : 0.04);
    }
  });

  test("p50 and p99 of a spread of values", () => {
    const histogram = createHistogram();
    for (let i = 1; i <= 1000; i++) histogram.add(i);
    expect(histogram.quantile(0.5)).toBeCloseTo(500, -2);
    expect(Math.abs((histogram.quantile(0.99) ?? 0) - 990)).toBeLessThan(40);
    expect(histogram.quantile(0)).toBeCloseTo(1, 1);
  });

  test("durations out of range count as the bound", () => {
    const histogram = createHistogram();
    for (const value of [-1, 0, Number.NaN, 1e12, Infinity]) histogram.add(value);
    expect(histogram.count).toBe(5);
    expect(histogram.quantile(1)).toBeGreaterThan(2_000_000);
    expect(Number.isFinite(histogram.sumMs)).toBeTrue();
  });

  test("how many are at most a power of two of microseconds is exact, the power itself included", () => {
    const histogram = createHistogram();
    const exponents = Array.from({ length: 28 }, (_, index) => index + 4);
    const values = exponents.flatMap((exponent) => {
      const boundMs = 2 ** exponent / 1000;
      return [boundMs, boundMs * 1.001, boundMs * 0.999, boundMs * 1.7].filter((ms) => ms < 2 ** 31 / 1000);
    });
    for (const value of values) histogram.add(value);
    const expected = exponents.map((exponent) => values.filter((ms) => ms <= 2 ** exponent / 1000).length);
    expect(histogram.upTo(exponents)).toEqual(expected);
    expect(histogram.sumMs).toBeCloseTo(
      values.reduce((sum, value) => sum + value, 0),
      3,
    );
  });

  test("counts by status and by route, in bounded memory", () => {
    const statistics = createStatistics();
    statistics.add("/a", 200, 1);
    statistics.add("/a", 404, 1);
    statistics.add("/b", 503, 9);
    for (let i = 0; i < 1000; i++) statistics.add(`/path/${i}`, 200, 1);
    const summary = statistics.summary();
    expect(summary).toMatchObject({ served: 1001, refused: 1, failed: 1 });
    expect(summary.routes["/a"]?.count).toBe(2);
    expect(statistics.routes()[0]).toMatchObject({
      route: "/a",
      statuses: [
        [200, 1],
        [404, 1],
      ],
    });
    expect(Object.keys(summary.routes).length).toBeLessThan(205);
  });
});
