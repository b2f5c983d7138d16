import { expect, test } from "bun:test";
import { createHearth, HearthError, type HearthOptions } from "../../src/index.ts";

const BYTES = "a whole number of bytes, 0 or more";
const SECONDS = "a number of seconds, 0 or more";

test.each([
  [{ bodyLimitBytes: -1 }, `\`bodyLimitBytes\`: expected ${BYTES}, got -1`],
  [{ uploadLimitBytes: "64MiB" }, `\`uploadLimitBytes\`: expected ${BYTES}, got "64MiB"`],
  [{ cacheLimitBytes: 1.5 }, `\`cacheLimitBytes\`: expected ${BYTES}, got 1.5`],
  [{ memoryBudgetBytes: Number.POSITIVE_INFINITY }, `\`memoryBudgetBytes\`: expected ${BYTES}, got Infinity`],
  [{ computeTimeoutSeconds: Number.NaN }, `\`computeTimeoutSeconds\`: expected ${SECONDS}, got NaN`],
  [{ computeTimeoutSeconds: null }, `\`computeTimeoutSeconds\`: expected ${SECONDS}, got null`],
  [{ roots: "./data" }, '`roots`: expected a list of texts, got "./data"'],
  [{ allowedHosts: [1] }, "`allowedHosts`: expected a list of texts, got an object"],
  [{ authorize: "guest" }, '`authorize`: expected a function, got "guest"'],
  [{ stateDir: "" }, '`stateDir`: expected a text that is not empty, got ""'],
])("%j is refused when the hearth is made", (options, message) => {
  const make = () => createHearth(options as unknown as HearthOptions);
  expect(make).toThrow(new HearthError("config-invalid", message));
  expect(make).toThrow(expect.objectContaining({ code: "config-invalid" }));
});

test("an empty token, such as of a variable that is not set, does not open the door, and none is told", () => {
  expect(() => createHearth({ token: "" })).toThrow("`token`: expected a text that is not empty");
  const wrong = { token: 12_345 } as unknown as HearthOptions;
  expect(() => createHearth(wrong)).toThrow(/^`token`: expected a text that is not empty$/);
});

test("what is left out, undefined or at its edge is taken", () => {
  const options = { token: undefined, roots: [], bodyLimitBytes: 0, computeTimeoutSeconds: 0.5 };
  expect(() => createHearth(options as unknown as HearthOptions)).not.toThrow();
});
