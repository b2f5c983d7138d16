import type { Expectation } from "../suite.ts";
import type { Answer, Score, ScoreContext } from "../types.ts";
import { scoreCode } from "./code.ts";
import { scoreByJudge } from "./judge.ts";
import { scoreByModule } from "./module.ts";
import { type Judged, scoreContains, scoreExact, scoreJson, scoreNumber, scoreRegex } from "./text.ts";
import { scoreTool } from "./tool.ts";

type Outcome = Judged | { readonly value: null; readonly reason: string };

/**
 * Holds an answer against one expectation. A scorer that fails is told in the reason, and counts as not run; a judge that
 * could not be asked is thrown, since it may answer the next time.
 */
export async function scoreAnswer(
  expected: Expectation,
  answer: Answer,
  context: ScoreContext,
): Promise<Score> {
  try {
    const { reason, value } = await outcome(expected, answer, context);
    return { type: expected.type, value, reason };
  } catch (error) {
    if (expected.type === "judge") throw error;
    return {
      type: expected.type,
      value: null,
      reason: `not run: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function outcome(expected: Expectation, answer: Answer, context: ScoreContext): Outcome | Promise<Outcome> {
  const { text, toolCalls } = answer;
  switch (expected.type) {
    case "exact":
      return scoreExact(expected, text);
    case "contains":
      return scoreContains(expected, text);
    case "regex":
      return scoreRegex(expected, text);
    case "json":
      return scoreJson(expected, text);
    case "number":
      return scoreNumber(expected, text);
    case "tool":
      return scoreTool(expected, toolCalls);
    case "code":
      return scoreCode(expected, text, context.allowsUnsandboxed);
    case "judge":
      return scoreByJudge(expected, text, context);
    case "module":
      return scoreByModule(expected, answer, context);
  }
}
