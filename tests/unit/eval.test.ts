import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HearthError } from "../../src/errors.ts";
import { compareRuns, signTest } from "../../src/eval/compare.ts";
import { meanScore } from "../../src/eval/report.ts";
import { pointsOf, readResults } from "../../src/eval/run-suite.ts";
import { scoreAnswer } from "../../src/eval/scorers/index.ts";
import { findSandbox } from "../../src/eval/scorers/sandbox.ts";
import { type Expectation, parseSuite, readSuite } from "../../src/eval/suite.ts";
import { toolCallsOf } from "../../src/eval/tool-calls.ts";
import type { AskModel, CaseResult, ToolCall } from "../../src/eval/types.ts";
import { PROJECT } from "../support/targets.ts";

const hasSandbox = (await findSandbox(undefined, false)) !== undefined;

function problemsOf(text: string): string {
  try {
    parseSuite(text, "s.yaml");
  } catch (error) {
    return (error as HearthError).message;
  }
  return "";
}

describe("a suite", () => {
  test.each(["basics", "tools"])("%s ships, and can be used", (name) => {
    const suite = readSuite(join(PROJECT, "examples/eval", `${name}.yaml`));
    expect(suite.name).toBe(name);
    expect(suite.cases.length).toBeGreaterThan(4);
  });

  test.each([
    ["name: x\n", /s\.yaml:1:1: cases: it is missing/],
    [
      "name: x\ncases:\n  - id: a\n    prompt: p\n    expect: []",
      /s\.yaml:5:13: cases\.0\.expect: expected at least one/,
    ],
    [
      "name: x\ncases:\n  - id: a\n    prompt: p\n    expect: [{type: guess}]",
      /cases\.0\.expect\.0\.type: expected one of exact/,
    ],
    [
      "name: x\ncases:\n  - id: a\n    prompt: p\n    expect: [{type: number, value: two}]",
      /s\.yaml:5:36: .*expected a number/,
    ],
    [
      "name: x\ncases:\n  - id: a\n    promt: p\n    expect: [{type: exact, value: x}]",
      /s\.yaml:4:5: .*unknown key "promt"/,
    ],
    ["name: x\ncases:\n  - id: a\n    expect: [{type: exact, value: x}]", /give either prompt or messages/],
    [
      "name: x\ncases:\n  - {id: a, prompt: p, expect: [{type: exact, value: x}]}\n  - {id: a, prompt: q, expect: [{type: exact, value: x}]}",
      /s\.yaml:4:10: .*another case's id/,
    ],
    [
      "name: x\ncases:\n  - {id: a, prompt: p, expect: [{type: code, language: python}]}",
      /give test, stdout or both/,
    ],
    ["name: [", /s\.yaml:1/],
  ])("that is wrong is told with its place: %p", (text, message) => {
    expect(problemsOf(text)).toMatch(message);
  });

  test("a grid is every combination", () => {
    expect(pointsOf({})).toEqual([{}]);
    expect(pointsOf({ temperature: [0, 1], top_p: [0.5] })).toEqual([
      { temperature: 0, top_p: 0.5 },
      { temperature: 1, top_p: 0.5 },
    ]);
  });
});

describe("tool calls", () => {
  const call = (name: string, given: object, source = "text") =>
    ({ name, arguments: given, source }) as ToolCall;

  test("of the structured part go first", () => {
    const structured = [{ function: { name: "f", arguments: '{"x": 1}' } }];
    expect(toolCallsOf(structured, '{"name": "g", "arguments": {}}')).toEqual([
      call("f", { x: 1 }, "structured"),
    ]);
  });

  test.each([
    ['<tool_call>\n{"name": "f", "arguments": {"x": 1}}\n</tool_call>', [call("f", { x: 1 })]],
    ['Sure:\n```json\n{"name": "f", "parameters": {"x": "a"}}\n```', [call("f", { x: "a" })]],
    [
      '[{"name": "f", "arguments": {}}, {"name": "g", "arguments": "{\\"y\\": 2}"}]',
      [call("f", {}), call("g", { y: 2 })],
    ],
    [
      "<function=f>\n<parameter=x>\n12\n</parameter>\n<parameter=y>some text</parameter>\n</function>",
      [call("f", { x: 12, y: "some text" })],
    ],
    ['<invoke name="f"><parameter name="x">true</parameter></invoke>', [call("f", { x: true })]],
    ["Just words about {names} and 12.", []],
    ['{"name": "Ada", "age": 36}', []],
    ["", []],
  ])("in a text: %p", (text, calls) => {
    expect(toolCallsOf(undefined, text)).toEqual(calls);
  });
});

describe("scores", () => {
  const ask: AskModel = async ({ messages }) => ({
    text: messages[0]?.content.includes("<answer>\nyes") ? "Fine.\nSCORE: 7" : "no idea",
    toolCalls: [],
    seconds: 0,
    tokens: null,
  });
  const score = async (
    expected: Expectation,
    text: string,
    toolCalls: readonly ToolCall[] = [],
    allows = false,
  ) => {
    const context = {
      case: { id: "c", prompt: "Q", expect: [expected] },
      ask,
      folder: import.meta.dir,
      allowsUnsandboxed: allows,
    };
    return await scoreAnswer(expected, { text, toolCalls, seconds: 0, tokens: null }, context);
  };

  test.each([
    [{ type: "exact", value: "Yes" }, " Yes\n", 1],
    [{ type: "exact", value: "Yes" }, "yes", 0],
    [{ type: "exact", value: "Yes", ignoreCase: true }, "yes", 1],
    [{ type: "contains", value: "iron" }, "It is Iron.", 1],
    [{ type: "contains", value: ["Mercury", "Venus"] }, "Venus and Mars", 0.5],
    [{ type: "contains", value: "x", ignoreCase: false }, "X", 0],
    [{ type: "regex", pattern: "^\\d{4}-\\d\\d$" }, "2024-03", 1],
    [{ type: "regex", pattern: "^a" }, "ba", 0],
    [{ type: "number", value: 43 }, "17 + 26 = 43.", 1],
    [{ type: "number", value: 1234.5 }, "about 1,234.5 euros", 1],
    [{ type: "number", value: 43 }, "44", 0],
    [{ type: "number", value: 43 }, "none", 0],
    [{ type: "number", value: 1.732, absolute: 0.01 }, "1.73", 1],
    [{ type: "number", value: 200, relative: 0.01 }, "202", 1],
    [{ type: "number", value: 200, relative: 0.01 }, "203", 0],
    [{ type: "number", value: -5 }, "It is -5", 1],
    [{ type: "json", schema: { type: "object", required: ["a"] } }, '```json\n{"a": 1}\n```', 1],
    [{ type: "json", schema: { type: "object", required: ["a"] } }, '{"b": 1}', 0],
    [{ type: "json", schema: { properties: { n: { const: 8 } } } }, '{"n": 8}', 1],
    [{ type: "json", schema: {} }, "no json", 0],
    [{ type: "judge", rubric: "Is it yes?" }, "yes", 0.7],
    [{ type: "judge", rubric: "Is it yes?" }, "no", null],
    [{ type: "module", path: "./nowhere.ts" }, "x", null],
  ] as [Expectation, string, number | null][])("%p of %p is %p", async (expected, text, value) => {
    expect((await score(expected, text)).value).toBe(value);
  });

  test("of a tool: half for its name, half for its arguments", async () => {
    const wanted: Expectation = { type: "tool", name: "f", arguments: { city: "Oslo", n: 2 } };
    const call = (name: string, given: object): ToolCall => ({
      name,
      arguments: { ...given },
      source: "text",
    });
    const values = await Promise.all(
      [
        [],
        [call("g", {})],
        [call("f", {})],
        [call("f", { city: "oslo", n: 3 })],
        [call("g", {}), call("f", { city: "Oslo", n: "2" })],
      ].map(async (calls) => (await score(wanted, "", calls)).value),
    );
    expect(values).toEqual([0, 0, 0.5, 0.75, 1]);
  });

  test("of code without a sandbox: not run, and left out", async () => {
    const code: Expectation = {
      type: "code",
      language: "python",
      stdout: "3",
      image: "no-such-image:nowhere",
    };
    expect(await score(code, "print(3)")).toMatchObject({
      value: null,
      reason: expect.stringContaining("not run"),
    });
  });

  test("of code that may run: its test, its output, its time, and its end", async () => {
    const code = (rest: object): Expectation =>
      ({ type: "code", language: "python", ...rest }) as Expectation;
    const runs: [object, string, number, RegExp | undefined][] = [
      [{ test: "assert f(2) == 4" }, "Here:\n```python\ndef f(x):\n    return x * 2\n```", 1, undefined],
      [{ test: "assert f(2) == 5" }, "def f(x): return x * 2", 0, /AssertionError/],
      [{ stdout: "hi" }, "print('hi')", 1, undefined],
      [{ stdout: "hi" }, "print('ho')", 0, /printed "ho"/],
      [{ stdout: "x", timeout: 0.5 }, "while True: pass", 0, /more than 0.5 s/],
    ];
    for (const [rest, answer, value, reason] of runs) {
      const found = await score(code(rest), answer, [], true);
      expect([answer, found.value]).toEqual([answer, value]);
      if (reason !== undefined) expect(found.reason).toMatch(reason);
    }
  }, 60_000);

  test.skipIf(!hasSandbox)(
    "of code in the sandbox: it reaches neither network nor files",
    async () => {
      const peek =
        "import os, socket\nassert not os.path.exists('/root') or not os.listdir('/root')\ntry:\n    socket.create_connection(('1.1.1.1', 53), 1)\n    print('out')\nexcept OSError:\n    print('shut in')";
      const code: Expectation = { type: "code", language: "python", stdout: "shut in" };
      expect((await score(code, peek)).value).toBe(1);
      const greedy = await score(code, "x = bytearray(3_000_000_000)\nprint('shut in')");
      expect(greedy).toMatchObject({ value: 0, reason: expect.stringContaining("MemoryError") });
      const script: Expectation = { type: "code", language: "javascript", stdout: "3" };
      expect((await score(script, "console.log(1 + 2)")).value).toBe(1);
    },
    30_000,
  );

  test("by a module of one's own", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hearth-scorer-"));
    const file = join(folder, "length.mjs");
    writeFileSync(
      file,
      "export const score = (answer, { options }) => ({ value: answer.text.length > options.least ? 1 : 0.25, reason: 'length' });",
    );
    expect(await score({ type: "module", path: file, options: { least: 3 } }, "four")).toEqual({
      type: "module",
      value: 1,
      reason: "length",
    });
    expect((await score({ type: "module", path: file, options: { least: 9 } }, "four")).value).toBe(0.25);
    rmSync(folder, { recursive: true });
  });
});

describe("comparing runs", () => {
  const result = (id: string, score: number | null, sample = 0): CaseResult => ({
    key: `${id}${sample}`,
    case: id,
    sample,
    point: {},
    prompt: `prompt ${id}`,
    answer: `answer ${score}`,
    toolCalls: [],
    scores: [],
    score,
    error: undefined,
    seconds: 1,
    tokens: 1,
  });

  test("the sign test is exact", () => {
    // Two-sided binomial test at one half, as R's binom.test gives it.
    expect(signTest(0, 0)).toBe(1);
    expect(signTest(5, 0)).toBeCloseTo(0.0625, 10);
    expect(signTest(9, 1)).toBeCloseTo(0.021484375, 10);
    expect(signTest(10, 10)).toBe(1);
    expect(signTest(60, 40)).toBeCloseTo(0.05688793, 7);
  });

  test("is case by case; samples are averaged, what did not run is left out", () => {
    const a = [result("x", 1), result("y", 0), result("z", 0.5), result("gone", 1), result("unrun", null)];
    const b = [
      result("x", 1),
      result("y", 1),
      result("y", 0, 1),
      result("z", 0),
      result("unrun", 1),
      result("new", 1),
    ];
    const compared = compareRuns(a, b);
    expect(compared).toMatchObject({ cases: 3, meanA: 0.5, meanB: 0.5, difference: 0 });
    expect(compared.better.map((change) => [change.case, change.a, change.b])).toEqual([["y", 0, 0.5]]);
    expect(compared.worse.map((change) => change.case)).toEqual(["z"]);
    expect(compared.onlyInOne).toEqual(["gone", "unrun", "new"]);
  });

  test("a planted difference is found, one that is not there is not", () => {
    const run = (right: (i: number) => boolean) =>
      Array.from({ length: 60 }, (_, i) => result(`c${i}`, right(i) ? 1 : 0));
    const base = run((i) => i % 2 === 0);
    const tuned = run((i) => i % 2 === 0 || i % 4 === 1);
    const found = compareRuns(base, tuned);
    expect(found.difference).toBeCloseTo(0.25, 10);
    expect(found.interval[0]).toBeGreaterThan(0.1);
    expect(found.signTest).toBeLessThan(0.001);
    const same = compareRuns(
      base,
      run((i) => i % 2 === 1),
    );
    expect([same.interval[0] < 0, same.interval[1] > 0, same.signTest]).toEqual([true, true, 1]);
  });

  test("a mean leaves out what did not run", () => {
    expect(meanScore([result("a", 1), result("b", 0), result("c", null)])).toBe(0.5);
    expect(meanScore([result("c", null)])).toBeNaN();
  });

  test("results are read again, without a last line that was cut off", () => {
    const folder = mkdtempSync(join(tmpdir(), "hearth-results-"));
    const file = join(folder, "r.jsonl");
    const whole = JSON.stringify(result("a", 1));
    writeFileSync(file, `${whole}\n${whole.slice(0, 30)}`);
    expect(readResults(file).map(({ case: id }) => id)).toEqual(["a"]);
    writeFileSync(file, `${whole}\n{}\n${whole}\n`);
    expect(() => readResults(file)).toThrow(/r\.jsonl:2/);
    rmSync(folder, { recursive: true });
  });
});
