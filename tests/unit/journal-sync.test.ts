import { expect, test } from "bun:test";
import { SyncedDescriptor } from "../../src/sessions/synced-descriptor.ts";

const FD = 42;

/** An open file whose background syncs end when the test says so. */
function opened() {
  const calls: string[] = [];
  const running: ((error: Error | null) => void)[] = [];
  const file = new SyncedDescriptor(FD, {
    fdatasync(fd, done) {
      calls.push(`fdatasync ${fd}`);
      running.push(done);
    },
    fsyncSync: (fd) => void calls.push(`fsync ${fd}`),
    closeSync: (fd) => void calls.push(`close ${fd}`),
  });
  return { file, calls, endSync: (error: Error | null = null) => running.shift()?.(error) };
}

test("a file that is closed while it is synced is synced first, and stays open until that sync has ended", () => {
  const { calls, endSync, file } = opened();
  file.wrote();
  file.sync(() => {});
  file.close();
  expect(calls).toEqual(["fdatasync 42", "fsync 42"]);
  endSync();
  expect(calls).toEqual(["fdatasync 42", "fsync 42", "close 42"]);
});

test("a file whose sync has ended is closed without another", () => {
  const { calls, endSync, file } = opened();
  file.wrote();
  file.sync(() => {});
  endSync();
  file.close();
  file.close();
  expect(calls).toEqual(["fdatasync 42", "close 42"]);
});

test("what was written during a sync is not safe by it", () => {
  const { calls, endSync, file } = opened();
  file.wrote();
  let ended = 0;
  file.sync(() => (ended += 1));
  file.wrote();
  file.sync(() => {});
  expect(calls).toEqual(["fdatasync 42"]);
  endSync();
  expect(ended).toBe(1);
  expect(file.isUnsafe).toBe(true);
  file.close();
  expect(calls).toEqual(["fdatasync 42", "fsync 42", "close 42"]);
});

test("a sync that fails is reported, and what it should have made safe is synced with the next", () => {
  const { calls, endSync, file } = opened();
  file.wrote();
  const failures: unknown[] = [];
  file.sync((error) => failures.push(error?.message));
  endSync(new Error("EIO"));
  expect(failures).toEqual(["EIO"]);
  file.sync(() => {});
  expect(calls).toEqual(["fdatasync 42", "fdatasync 42"]);
});
