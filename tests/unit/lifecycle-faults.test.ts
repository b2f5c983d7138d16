import { describe, expect, test } from "bun:test";
import { countFault } from "../../src/cli/control/after-fault.ts";
import { createServerLife } from "../../src/lifecycle/life.ts";
import { createRequestScope } from "../../src/lifecycle/request-scope.ts";
import { onceUnlessFailed } from "../../src/once-unless-failed.ts";

const request = (requestId: string) => ({ requestId, fault: () => true });

describe("uncaught errors: whose they are", () => {
  test("in the context of a request they are its own, also after it has ended", async () => {
    const scope = createRequestScope();
    const one = request("one");
    const owner = await scope.run(one, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return scope.owner("always");
    });
    expect(owner).toEqual({ kind: "request", request: one });
    expect(scope.owner("always")).toEqual({ kind: "none" });
  });

  test("without a context: of the one that runs, of some of several, of none", () => {
    let nowMs = 0;
    const scope = createRequestScope(() => nowMs);
    expect(scope.owner("if-present")).toEqual({ kind: "none" });
    const one = request("one");
    const leaveOne = scope.enter(one);
    expect(scope.owner("if-present")).toEqual({ kind: "request", request: one });
    const leaveTwo = scope.enter(request("two"));
    expect(scope.owner("if-present")).toEqual({ kind: "some-request", requestIds: ["one", "two"] });
    leaveTwo();
    expect(scope.owner("if-present")).toEqual({ kind: "request", request: one });
    leaveOne();
    // The one that has just ended may still have thrown: that is no reason to end the server.
    expect(scope.owner("if-present")).toEqual({ kind: "some-request", requestIds: ["one"] });
    nowMs = 20_000;
    expect(scope.owner("if-present")).toEqual({ kind: "none" });
    // Where the runtime keeps the context, none means none.
    scope.enter(one);
    expect(scope.owner("always")).toEqual({ kind: "none" });
  });

  test("a server that fails is started again three times within a minute, not four", () => {
    let faults: readonly number[] | undefined = [];
    for (const nowMs of [0, 1000, 2000]) faults = countFault(faults!, nowMs);
    expect(faults).toEqual([0, 1000, 2000]);
    expect(countFault(faults!, 3000)).toBeUndefined();
    expect(countFault(faults!, 61_000)).toEqual([2000, 61_000]);
  });
});

describe("stopping and closing", () => {
  test("a listener that throws keeps neither the others nor the end", () => {
    const life = createServerLife();
    const heard: string[] = [];
    const thrown: unknown[] = [];
    life.onStopping(() => {
      throw new Error("no");
    });
    life.onStopping(() => void heard.push("second"));
    life.beginStopping((error) => thrown.push(error));
    expect([heard, thrown.map(String), life.isStopping]).toEqual([["second"], ["Error: no"], true]);
  });

  test("what is made once is shared, and a failure is not kept", async () => {
    let tries = 0;
    const make = onceUnlessFailed(async () => {
      tries += 1;
      if (tries === 1) throw new Error("first");
      return tries;
    });
    const both = await Promise.allSettled([make(), make()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect([await make(), await make(), tries]).toEqual([2, 2, 2]);
  });
});
