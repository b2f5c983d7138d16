import { expect, test } from "bun:test";
import { discard, tableFromRecords } from "../../src/data/columns.ts";
import type { TableStream } from "../../src/data/table.ts";
import { createComputeService } from "../../src/compute/service.ts";
import type { Engine } from "../../src/engine/engine.ts";

/** A stream that tells whether what lies behind it is still open. */
function openStream(): { stream: TableStream; isOpen: () => boolean } {
  let isOpen = true;
  async function* batches() {
    try {
      yield tableFromRecords([{ a: 1 }]);
      yield tableFromRecords([{ a: 2 }]);
    } finally {
      isOpen = false;
    }
  }
  return { stream: { schema: [{ name: "a", dtype: "int64" }], batches: batches() }, isOpen: () => isOpen };
}

test("a stream that nobody began to read is freed", async () => {
  const { stream, isOpen } = openStream();
  await discard(stream);
  expect(isOpen()).toBe(false);
});

const noEngine: Engine = {
  prepare: () => {},
  open: async () => {
    throw new Error("not asked");
  },
  close: async () => {},
};

test.each([
  ["wrong parameters", { operation: "filter", data_source: { type: "csv" } }],
  ["an absent column", { operation: "select", data_source: { type: "csv" }, params: { columns: ["b"] } }],
  ["a further source that fails", { operation: "sql", sources: { a: { type: "csv" }, b: { type: "bad" } } }],
])("a compute request with %s leaves no source open", async (_, request) => {
  const { stream, isOpen } = openStream();
  const compute = createComputeService({ engine: noEngine });
  const work = compute.compute(request as never, {
    read: async ({ type }) => {
      if (type === "bad") throw new Error("no such source");
      return { stream: () => stream };
    },
  });
  expect(
    await work.then(
      () => "done",
      () => "failed",
    ),
  ).toBe("failed");
  expect(isOpen()).toBe(false);
});
