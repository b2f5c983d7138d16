import { expect, test } from "bun:test";
import { toHearthError } from "../../routes/render-error.ts";
import { errorDetails } from "../../src/lifecycle/log-line.ts";

const fails = () => {
  throw new Error("a trap");
};
const cyclic = new Error("x");
cyclic.message = cyclic as never;

test.each([
  ["null", null],
  ["undefined", undefined],
  ["an object whose toString fails", { toString: fails }],
  ["an error whose message is itself", cyclic],
  ["a proxy that fails at every look", new Proxy({}, { get: fails, getPrototypeOf: fails })],
])("%s, thrown and never caught, can be logged and answered", (_, thrown) => {
  expect(JSON.stringify(errorDetails(thrown))).toContain("message");
  expect(toHearthError(thrown, {}).code).toBe("internal");
});
