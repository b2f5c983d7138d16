import { describe, test } from "bun:test";
import { pipeLargeInput } from "../support/large-input.ts";
import { type Target, TARGETS } from "../support/targets.ts";

/** Where it takes half a minute under load, the rest is left to tests/long, which pipes 2 GB on every target. */
const MEGABYTES: Readonly<Record<Target, number>> = { binary: 200, bun: 30, node: 30, deno: 30 };

describe.each(TARGETS)("large input on %s", (target) => {
  test(
    "megabytes of CSV from a pipe become a Parquet file in bounded memory",
    () => pipeLargeInput(target, MEGABYTES[target] * 1e6, 110_000),
    120_000,
  );
});
