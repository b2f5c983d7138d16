import { isDeepStrictEqual } from "node:util";
import type { Expectation } from "../suite.ts";
import type { ToolCall } from "../types.ts";
import type { Judged } from "./text.ts";

/** Half for the right tool, half for the share of the wanted arguments that are right; the best of all calls counts. */
export function scoreTool(
  { arguments: wanted = {}, name }: Extract<Expectation, { type: "tool" }>,
  calls: readonly ToolCall[],
): Judged {
  if (calls.length === 0) return { value: 0, reason: "it calls no tool" };
  const named = calls.filter((call) => call.name === name);
  if (named.length === 0)
    return { value: 0, reason: `it calls ${calls.map((call) => call.name).join(", ")}, not ${name}` };
  const keys = Object.keys(wanted);
  const judged = named.map((call) => {
    const wrong = keys.filter((key) => !isSame(call.arguments[key], wanted[key]));
    const share = keys.length === 0 ? 1 : 1 - wrong.length / keys.length;
    const reason =
      wrong.length === 0
        ? undefined
        : wrong
            .map(
              (key) =>
                `${key} is ${JSON.stringify(call.arguments[key]) ?? "missing"}, not ${JSON.stringify(wanted[key])}`,
            )
            .join("; ");
    return { value: 0.5 + share / 2, reason };
  });
  return judged.reduce((best, one) => (one.value > best.value ? one : best));
}

/** Numbers that were written as texts are the same: models do that. */
function isSame(found: unknown, wanted: unknown): boolean {
  if (isDeepStrictEqual(found, wanted)) return true;
  if (typeof wanted === "number" && typeof found === "string")
    return found.trim() !== "" && Number(found) === wanted;
  return (
    typeof wanted === "string" &&
    typeof found === "string" &&
    found.trim().toLowerCase() === wanted.trim().toLowerCase()
  );
}
