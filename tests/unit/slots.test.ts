import { expect, test } from "bun:test";
import { Slots } from "../../src/slots.ts";
import { fault } from "./fault.ts";

test("places pass to who waits, in order; who leaves the queue takes none", async () => {
  const slots = new Slots(1, "reads");
  const free = await slots.take(undefined);
  const order: string[] = [];
  const take = async (name: string, signal?: AbortSignal) => {
    const done = await slots.take(signal);
    order.push(name);
    done();
    done(); // a place is freed once, however often that is said
  };
  const leaving = new AbortController();
  const first = take("first");
  const left = take("left", leaving.signal).catch(() => order.push("gone"));
  const last = take("last");
  leaving.abort();
  await left;
  free();
  await Promise.all([first, last]);
  expect(order).toEqual(["gone", "first", "last"]);
});

test("beyond the queue's length it is too busy", async () => {
  const slots = new Slots(1, "large reads", 1);
  const free = await slots.take(undefined);
  const waiting = slots.take(undefined);
  expect(await fault(slots.take(undefined))).toMatchObject({
    code: "too-busy",
    message: expect.stringContaining("large reads"),
  });
  free();
  (await waiting)();
});
