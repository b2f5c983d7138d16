import type { Expectation } from "../suite.ts";

type Of<T extends Expectation["type"]> = Extract<Expectation, { type: T }>;

/** 1 or 0, and why it is 0. */
export interface Judged {
  readonly value: number;
  readonly reason: string | undefined;
}

const whole: Judged = { value: 1, reason: undefined };
const none = (reason: string): Judged => ({ value: 0, reason });

export function scoreExact({ ignoreCase = false, value }: Of<"exact">, answer: string): Judged {
  const same = folded(answer.trim(), ignoreCase) === folded(value.trim(), ignoreCase);
  return same ? whole : none(`it is not "${value}"`);
}

/** The share of the wanted texts that are in it. */
export function scoreContains({ ignoreCase = true, value }: Of<"contains">, answer: string): Judged {
  const wanted = Array.isArray(value) ? value : [value];
  const text = folded(answer, ignoreCase);
  const missing = wanted.filter((one) => !text.includes(folded(one, ignoreCase)));
  if (missing.length === 0) return whole;
  return {
    value: 1 - missing.length / wanted.length,
    reason: `it lacks ${missing.map((one) => `"${one}"`).join(", ")}`,
  };
}

/** The pattern is RE2's, which takes linear time whatever it is. */
export async function scoreRegex({ pattern }: Of<"regex">, answer: string): Promise<Judged> {
  const { RE2JS } = await import("re2js");
  return RE2JS.compile(pattern).matcher(answer).find() ? whole : none(`nothing in it matches ${pattern}`);
}

/** The answer, or what stands in its fence, is JSON that fits the schema. */
export async function scoreJson({ schema }: Of<"json">, answer: string): Promise<Judged> {
  const text = /```(?:json)?\s*\n([\s\S]*?)```/.exec(answer)?.[1] ?? answer;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return none("it is not JSON");
  }
  const { Validator } = await import("@cfworker/json-schema");
  const { errors, valid } = new Validator(schema as ConstructorParameters<typeof Validator>[0]).validate(
    value,
  );
  const [first] = errors;
  return valid
    ? whole
    : none(`${first?.instanceLocation ?? "#"}: ${first?.error ?? "it does not fit the schema"}`);
}

const NUMBER = /[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** The last number in the answer is the wanted one, within a tolerance: exactly, where none is given. */
export function scoreNumber({ absolute = 0, relative = 0, value }: Of<"number">, answer: string): Judged {
  const last = answer.match(NUMBER)?.at(-1);
  if (last === undefined) return none("there is no number in it");
  const found = Number(last.replaceAll(",", ""));
  const allowed = Math.max(absolute, relative * Math.abs(value));
  return Math.abs(found - value) <= allowed ? whole : none(`it says ${found}, not ${value}`);
}

function folded(text: string, ignoresCase: boolean): string {
  return ignoresCase ? text.toLowerCase() : text;
}
