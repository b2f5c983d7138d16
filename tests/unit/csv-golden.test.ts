import { describe, expect, test } from "bun:test";
import { choppedInput, type PlainColumn, read, readError } from "./csv-support.ts";
import cases from "./csv-golden.json" with { type: "json" };

/**
 * Random small files and what pandas 2.3.3 made of them: `read_csv(file, low_memory=False, header=..., delimiter=...,
 * quotechar=...)`. Left out is where pandas loses data: a blank line ended by CR alone, int64's smallest value in a
 * column with gaps, gaps of a column of integers beyond 64 bits.
 */
type Case = [string, Record<string, unknown>, { error?: string; columns?: PlainColumn[] }];

const GOLDEN = cases as unknown as readonly Case[];

async function outcome(read: () => Promise<readonly PlainColumn[]>): Promise<unknown> {
  try {
    return { columns: await read() };
  } catch (error) {
    return { error: (error as { errorType?: string }).errorType };
  }
}

describe("random files", () => {
  test("are read as pandas reads them", async () => {
    for (const [text, options, expected] of GOLDEN) {
      expect({ text, ...((await outcome(() => read(text, options))) as object) }).toEqual({
        text,
        ...expected,
      });
    }
  });

  test("give the same whatever the chunks", async () => {
    for (const [text, options, expected] of GOLDEN) {
      for (const bytes of [1, 3, 7]) {
        expect(await outcome(() => read(choppedInput(text, bytes), options))).toEqual(expected);
      }
    }
  });

  test("give the same when they are read twice in batches", async () => {
    for (const [text, options, expected] of GOLDEN) {
      if (expected.columns === undefined) continue;
      const limited = { ...options, memoryLimit: 1024 * expected.columns.length + 4096 };
      const padded = choppedInput(text, 5);
      expect(await outcome(() => read({ ...padded, size: 1e9 }, limited))).toEqual(expected);
    }
  });

  test("name a file in every error", async () => {
    for (const [text, options, expected] of GOLDEN) {
      if (expected.error === undefined) continue;
      const error = await readError(text, options);
      expect(error.message).toStartWith('"t.csv"');
      expect(error.hint).toBeString();
    }
  });
});
