import { describe, expect, test } from "bun:test";
import { RevocableSlots } from "../../src/revocable-slots.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { fault } from "./fault.ts";

/** Two places by a clock of their own, and who lost one. */
function twoPlaces(maxWaiting = 10) {
  const clock = new VirtualClock();
  const slots = new RevocableSlots({
    count: 2,
    what: "large results",
    maxWaiting,
    patienceMs: 10_000,
    clock,
  });
  const lost: string[] = [];
  const take = (name: string, signal?: AbortSignal) => slots.take(signal, () => lost.push(name));
  return { clock, take, lost };
}

describe("places of large answers whose clients stop reading", () => {
  test("a waiting request gets the place of the answer that rested longest", async () => {
    const { clock, take, lost } = twoPlaces();
    const first = await take("first");
    const second = await take("second");
    first.pause();
    await clock.run(clock.pause(1000));
    second.pause();
    await clock.run(take("third"));
    expect(lost).toEqual(["first"]);
    expect([first.isRevoked, second.isRevoked]).toEqual([true, false]);
    expect(clock.now()).toBe(10_000);
  });

  test("an answer keeps its place for any time while nobody waits", async () => {
    const { clock, take, lost } = twoPlaces();
    const first = await take("first");
    first.pause();
    await clock.run(clock.pause(3_600_000));
    await take("second");
    expect(lost).toEqual([]);
    first.resume();
    expect(first.isRevoked).toBe(false);
  });

  test("an answer that is read keeps its place, and one that begins to rest meanwhile loses its own", async () => {
    const { clock, take, lost } = twoPlaces();
    await take("first");
    const second = await take("second");
    const third = take("third");
    await clock.run(clock.pause(60_000));
    expect(lost).toEqual([]);
    second.pause();
    await clock.run(third);
    expect(lost).toEqual(["second"]);
    second.free(); // gives back nothing a second time
    const fourth = take("fourth");
    await clock.run(clock.pause(60_000));
    expect(lost).toEqual(["second"]);
    (await third).free();
    await fourth;
  });

  test("a request that leaves the queue takes no place from anyone, and a full queue is too-busy", async () => {
    const { clock, take, lost } = twoPlaces(1);
    const first = await take("first");
    await take("second");
    first.pause();
    const controller = new AbortController();
    const leaving = take("third", controller.signal).catch(String);
    expect((await fault(take("fourth"))).code).toBe("too-busy");
    controller.abort(new Error("left"));
    expect(await leaving).toBe("Error: left");
    await clock.run(clock.pause(60_000));
    expect(lost).toEqual([]);
  });
});
