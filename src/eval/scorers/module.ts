import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { HearthError } from "../../errors.ts";
import type { Expectation } from "../suite.ts";
import type { Answer, ScoreContext } from "../types.ts";
import type { Judged } from "./text.ts";

/** What a module's `score` gives: from 0 to 1, or that with a reason. */
type Given = number | { readonly value: number; readonly reason?: string };

/** Scores by a function of one's own: `export function score(answer, { case, options })`. */
export async function scoreByModule(
  { options, path }: Extract<Expectation, { type: "module" }>,
  answer: Answer,
  { case: asked, folder }: ScoreContext,
): Promise<Judged> {
  const file = resolve(folder, path);
  const loaded = (await import(pathToFileURL(file).href)) as { score?: unknown };
  if (typeof loaded.score !== "function") {
    throw new HearthError("config-invalid", `${path} exports no function score(answer, { case, options })`);
  }
  const given = (await (loaded.score as (...args: unknown[]) => unknown)(answer, {
    case: asked,
    options,
  })) as Given;
  const { reason, value } = typeof given === "number" ? { value: given, reason: undefined } : given;
  if (typeof value !== "number" || !(value >= 0 && value <= 1)) {
    throw new HearthError(
      "function-failed",
      `score of ${path} gave ${JSON.stringify(given)}, not a number from 0 to 1`,
    );
  }
  return { value, reason };
}
