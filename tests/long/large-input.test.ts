import { describe, test } from "bun:test";
import { pipeLargeInput } from "../support/large-input.ts";
import { TARGETS } from "../support/targets.ts";

describe.each(TARGETS)("very large input on %s", (target) => {
  test(
    "2 GB of CSV from a pipe become a Parquet file in the memory that 200 MB take",
    () => pipeLargeInput(target, 2e9, 590_000),
    600_000,
  );
});
