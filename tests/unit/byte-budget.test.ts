import { expect, test } from "bun:test";
import { ByteBudget } from "../../src/byte-budget.ts";
import { fault } from "./fault.ts";

const never = new AbortController().signal;

test("bytes pass to who waits, in order; a large wish is not passed by, and who leaves keeps nobody out", async () => {
  const budget = new ByteBudget(100, "bodies", 60_000);
  const free = await budget.take(60, never);
  const order: string[] = [];
  const take = async (name: string, bytes: number, signal = never) => {
    const done = await budget.take(bytes, signal);
    order.push(name);
    return done;
  };
  const leaving = new AbortController();
  const large = take("large", 80, leaving.signal).catch(() => undefined);
  const small = take("small", 30);
  const whole = take("larger than all", 500);
  await Bun.sleep(0);
  expect(order).toEqual([]);
  leaving.abort();
  await large;
  const done = await small;
  expect(order).toEqual(["small"]);
  done();
  done(); // bytes are freed once, however often that is said
  await Bun.sleep(0);
  expect(order).toEqual(["small"]);
  free();
  (await whole)();
  expect(order).toEqual(["small", "larger than all"]);
});

test("who waits too long is told when to come again", async () => {
  const budget = new ByteBudget(100, "large bodies", 1);
  const free = await budget.take(100, never);
  expect(await fault(budget.take(1, never))).toMatchObject({
    code: "too-busy",
    message: expect.stringContaining("large bodies"),
    retryAfterSeconds: 5,
  });
  free();
  (await budget.take(100, never))();
});
