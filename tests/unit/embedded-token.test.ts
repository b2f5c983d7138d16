import { expect, test } from "bun:test";
import { createHearth } from "../../src/index.ts";

test("an empty token, such as of a variable that is not set, is refused and does not open the door", () => {
  expect(() => createHearth({ roots: ["."], token: "" })).toThrow("`token` is empty");
});
