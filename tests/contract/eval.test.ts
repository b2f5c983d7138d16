import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseResult } from "../../src/eval/types.ts";
import type { Comparison } from "../../src/eval/compare.ts";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { pythonWithMlx } from "../support/python.ts";
import { hearth, type RunOptions } from "../support/run.ts";
import { TARGETS } from "../support/targets.ts";
import { upstreamCommand } from "../support/upstream.ts";

const mlx = await pythonWithMlx();

const SUITE = `
name: planted
params: {temperature: 0}
tools: [{type: function, function: {name: get_weather}}]
cases:
  - {id: exact, prompt: "q1", tags: [text], expect: [{type: exact, value: yes it is}]}
  - {id: half, prompt: "q2", tags: [text], expect: [{type: contains, value: [one, two]}]}
  - {id: number, prompt: "q3", tags: [numbers], expect: [{type: number, value: 42}]}
  - {id: wrong, prompt: "q4", tags: [numbers], expect: [{type: number, value: 1}]}
  - {id: json, prompt: "q5", expect: [{type: json, schema: {required: [a]}}]}
  - {id: tool, prompt: "q6", expect: [{type: tool, name: get_weather, arguments: {city: Oslo}}]}
  - {id: text-tool, prompt: "q7", expect: [{type: tool, name: get_weather, arguments: {city: Oslo}}]}
  - {id: judged, prompt: "q8", expect: [{type: judge, rubric: Is it kind?}]}
  - {id: module, prompt: "q9", expect: [{type: module, path: ./scorer.mjs}]}
  - {id: code, prompt: "q10", expect: [{type: code, language: python, stdout: "3", image: "no-such-image:x"}, {type: contains, value: print}]}
`;
const call = (city: string) => [
  { type: "function", function: { name: "get_weather", arguments: JSON.stringify({ city }) } },
];
const ANSWERS = {
  q1: { content: "yes it is" },
  q2: { content: "one" },
  q3: { content: "It is 42." },
  q4: { content: "It is 2." },
  q5: { content: '```json\n{"a": 1}\n```' },
  q6: { content: null, tool_calls: call("Oslo") },
  q7: { content: '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>' },
  q8: { content: "Fine, thank you." },
  "Is it kind?": { content: "SCORE: 5" },
  q9: { content: "abc" },
  q10: { content: "print(3)" },
};
/** exact, half, number, wrong, json, tool, text-tool, judged, module, code. */
const PLANTED = [1, 0.5, 1, 0, 1, 1, 1, 0.5, 0.25, 1];

describe.each(TARGETS)("hearth eval on %s", (target) => {
  let place: Place;
  beforeAll(() => {
    place = createPlace();
    place.write("suite.yaml", SUITE);
    place.write(
      "bad-grid.yaml",
      "name: x\ngrid: {temperature: [0, 1], server.top: [1]}\ncases: [{id: a, prompt: p, expect: [{type: exact, value: x}]}]\n",
    );
    place.write("scorer.mjs", "export const score = ({ text }) => (text === 'abc' ? 0.25 : 0);");
    const better = { ...ANSWERS, q2: { content: "one two" }, q4: { content: "1" }, q1: { content: "no" } };
    const cmd = (file: string, flags = "") => JSON.stringify(upstreamCommand(`--answers ${file} ${flags}`));
    place.write(
      "hearth.yaml",
      `startPort: ${takePorts()}
groups: {all: {swap: false, members: [base, tuned, flaky]}}
models:
  base: {cmd: ${cmd(place.write("base.json", JSON.stringify(ANSWERS)))}}
  tuned: {cmd: ${cmd(place.write("tuned.json", JSON.stringify(better)))}}
  flaky: {cmd: ${cmd(join(place.data, "base.json"), "--fail-every 4")}}
`,
    );
  });
  afterAll(async () => {
    await hearth(target, place, ["stop", "--config", "hearth.yaml"]);
    place.remove();
  });
  const evaluate = (args: readonly string[], options: RunOptions = {}) =>
    hearth(target, place, ["eval", ...args, "--config", "hearth.yaml"], { timeoutMs: 110_000, ...options });
  const linesOf = (file: string) =>
    readFileSync(join(place.data, file), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as CaseResult);

  test("finds the score that was planted, and what could not be run is left out", async () => {
    const { exitCode, stderr, stdout } = await evaluate([
      "suite.yaml",
      "--model",
      "base",
      "--json",
      "--html",
      "r.html",
    ]);
    expect([exitCode, stderr.replaceAll(/^starting, .*\n/gm, "")]).toEqual([0, ""]);
    const { cases, failed, score } = JSON.parse(stdout) as {
      score: number;
      failed: number;
      cases: CaseResult[];
    };
    expect(cases.map((one) => one.score)).toEqual(PLANTED);
    expect(score).toBeCloseTo(PLANTED.reduce((sum, value) => sum + value, 0) / PLANTED.length, 10);
    expect(failed).toBe(0);
    const [code, contains] = cases.at(-1)?.scores ?? [];
    expect(code).toMatchObject({ type: "code", value: null, reason: expect.stringContaining("not run") });
    expect(contains).toMatchObject({ type: "contains", value: 1 });
    expect(cases.map(({ toolCalls }) => toolCalls[0]?.source)).toEqual([
      ...Array.from({ length: 5 }, () => undefined),
      "structured",
      "text",
      ...Array.from({ length: 3 }, () => undefined),
    ]);
    expect(readFileSync(join(place.data, "r.html"), "utf8")).toContain("<svg ");
  });

  test("goes on where it was cut off, and asks nothing twice", async () => {
    const file = join(place.data, "suite-base.jsonl");
    const whole = readFileSync(file, "utf8");
    const kept = whole.split("\n").slice(0, 4);
    writeFileSync(file, `${kept.join("\n")}\n${(whole.split("\n")[4] as string).slice(0, 40)}`);
    const again = await evaluate(["suite.yaml", "--model", "base"]);
    expect(again.stdout).toMatch(/^answers +10 scored of 10, 0 requests failed$/m);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.slice(0, 4)).toEqual(kept);
    expect(new Set(linesOf("suite-base.jsonl").map(({ key }) => key)).size).toBe(10);
  });

  test("asks again whatever was asked differently, scores again what is expected differently, and says what it reused", async () => {
    const suite = (prompt: string, value: string, more = "") =>
      place.write(
        "edited.yaml",
        `name: edited\n${more}\ncases:\n  - {id: a, prompt: ${prompt}, expect: [{type: contains, value: "${value}"}]}\n  - {id: b, prompt: q3, expect: [{type: module, path: ./edited.mjs}]}\n`,
      );
    const scorer = (score: string) => place.write("edited.mjs", `export const score = () => ${score};`);
    const run = async (...args: string[]) => {
      const { stderr, stdout } = await evaluate(["edited.yaml", "--model", "base", ...args]);
      const score = /^score +([\d.]+) %/m.exec(stdout)?.[1];
      const [reused] = /^\d+ answers? reused from .*$/m.exec(stderr) ?? [];
      return [score, reused, stderr.includes("Answers and scores are in edited-base.jsonl")];
    };
    const file = "edited-base.jsonl; --fresh asks again";
    suite("q1", "nowhere");
    scorer("0");
    expect(await run()).toEqual(["0", undefined, true]);
    expect(await run()).toEqual(["0", `2 answers reused from ${file}`, true]);
    suite("q1", "yes");
    expect(await run()).toEqual([
      "50",
      "2 answers reused from edited-base.jsonl, 1 of them scored again; --fresh asks again",
      true,
    ]);
    scorer("1");
    expect(await run()).toEqual([
      "100",
      "2 answers reused from edited-base.jsonl, 1 of them scored again; --fresh asks again",
      true,
    ]);
    suite("q2", "yes");
    expect(await run()).toEqual(["50", `1 answer reused from ${file}`, true]);
    for (const more of [
      "params: {temperature: 1}",
      "system: Be brief.",
      "tools: [{type: function, function: {name: f}}]",
    ]) {
      suite("q2", "yes", more);
      expect([more, ...(await run())]).toEqual([more, "50", undefined, true]);
    }
    expect(await run("--fresh")).toEqual(["50", undefined, true]);
    expect(await run("--seed", "7")).toEqual(["50", undefined, true]);
    expect(linesOf("edited-base.jsonl").length).toBe(2);
    // Another command line of the model is another model.
    const config = readFileSync(join(place.data, "hearth.yaml"), "utf8");
    const configure = async (text: string) => {
      place.write("hearth.yaml", text);
      await hearth(target, place, ["reload", "--config", "hearth.yaml"]);
    };
    await configure(config.replace("groups:", "fairnessWindow: 1s\ngroups:"));
    expect(await run("--seed", "7")).toEqual(["50", `2 answers reused from ${file}`, true]);
    await configure(config.replace("base.json", "base.json --no-health"));
    expect(await run("--seed", "7")).toEqual(["50", undefined, true]);
    await configure(config);
    const history = await hearth(target, place, ["bench", "history", "--json"]);
    const runs = (JSON.parse(history.stdout) as { of: string; reused: number }[]).filter(({ of }) =>
      of.startsWith("edited,"),
    );
    expect(runs.map(({ reused }) => reused).toReversed()).toEqual([0, 2, 2, 2, 1, 0, 0, 0, 0, 0, 2, 0]);
  });

  test("asks again what failed, and says so by its exit code", async () => {
    const first = await evaluate(["suite.yaml", "--model", "flaky", "-c", "1", "--json"]);
    expect(first.exitCode).toBe(1);
    expect((JSON.parse(first.stdout) as { failed: number }).failed).toBeGreaterThan(0);
    const second = await evaluate(["suite.yaml", "--model", "flaky", "-c", "1"]);
    const third =
      second.exitCode === 0 ? second : await evaluate(["suite.yaml", "--model", "flaky", "-c", "1"]);
    expect(third.stdout).toMatch(/10 scored of 10, 0 requests failed/);
  });

  test("compares two runs: which prompts changed, and whether that tells anything", async () => {
    await evaluate(["suite.yaml", "--model", "tuned", "--output", "tuned.jsonl"]);
    const json = await evaluate(["compare", "suite-base.jsonl", "tuned.jsonl", "--json"]);
    const compared = JSON.parse(json.stdout) as Comparison;
    expect(compared.better.map((change) => change.case).sort()).toEqual(["half", "wrong"]);
    expect(compared.worse.map((change) => change.case)).toEqual(["exact"]);
    expect([compared.cases, compared.difference]).toEqual([10, expect.closeTo(0.05, 10)]);
    const shown = await evaluate(["compare", "suite-base.jsonl", "tuned.jsonl"]);
    expect(shown.stdout).toContain("These cases don't tell them apart.");
    expect(shown.stdout).toMatch(/^changed +2 better, 1 worse of 10/m);
  });

  test("runs a grid, and ranks its points", async () => {
    place.write(
      "grid.yaml",
      "name: grid\ngrid: {temperature: [0, 1]}\ncases: [{id: a, prompt: q4, expect: [{type: number, value: 1}]}]\n",
    );
    place.write("base.json", JSON.stringify({ ...ANSWERS, "q4 at 1": { content: "1" } }));
    const { stdout } = await evaluate(["grid.yaml", "--model", "base"]);
    expect(stdout).toMatch(
      /Points of the grid, the best first\n.*\ntemperature 1 +100 % +1\ntemperature 0 +0 % +1\n/,
    );
  });

  test.each([
    [["suite.yaml"], 2, /Which model/],
    [["bad-grid.yaml", "--model", "base"], 1, /bad-grid\.yaml:2:\d+: grid\.server\.top: there is no server/],
    [["nowhere.yaml", "--model", "base"], 1, /There is no suite nowhere\.yaml/],
    [["scorer.mjs", "--model", "base"], 1, /scorer\.mjs:1/],
    [["suite.yaml", "--model", "nobody", "--output", "n.jsonl", "--quiet"], 1, /^$/],
    [["grid.yaml", "--model", "base", "--output", "suite-base.jsonl"], 1, /something else/],
    [["compare", "suite-base.jsonl"], 2, /Two files/],
    [
      ["suite.yaml", "--model", "base", "--fail-under", "99"],
      1,
      /^10 answers reused from suite-base\.jsonl; /,
    ],
    [["suite.yaml", "--model", "base", "--fail-under", "all"], 2, /percentage/],
  ] as const)("%p: exit code and words", async (args, exitCode, message) => {
    const failed = await evaluate(args);
    expect(failed.stderr).toMatch(message);
    expect(failed.exitCode).toBe(exitCode);
  });

  test.skipIf(mlx === undefined)("runs the suites that ship on the real mlx_lm", async () => {
    const { model, python } = mlx as NonNullable<typeof mlx>;
    place.write(
      "mlx.yaml",
      `startPort: ${takePorts()}\nmodels: {tiny: {server: {type: mlx-lm, program: ${python} -m mlx_lm server, model: ${model}}, env: [HF_HUB_OFFLINE=1]}}\n`,
    );
    const run = (...args: string[]) =>
      hearth(target, place, [...args, "--config", "mlx.yaml"], { timeoutMs: 110_000 });
    for (const suite of ["basics", "tools"]) {
      const path = join(import.meta.dir, `../../examples/eval/${suite}.yaml`);
      const { exitCode, stdout } = await run("eval", path, "--model", "tiny", "--json");
      const { cases, failed } = JSON.parse(stdout) as { failed: number; cases: CaseResult[] };
      expect([suite, exitCode, failed]).toEqual([suite, 0, 0]);
      expect(cases.every(({ tokens }) => (tokens ?? 0) > 0)).toBe(true);
    }
    await run("stop");
  });

  test.skipIf(mlx === undefined)(
    "starts a suite's own server anew for each of its settings in a grid",
    async () => {
      const { model, python } = mlx as NonNullable<typeof mlx>;
      place.write(
        "served.yaml",
        `name: served
server: {type: mlx-lm, program: ${python} -m mlx_lm server, model: ${model}}
grid: {server.sampling.maxTokens: [2, 5], temperature: [0, 1]}
cases: [{id: a, prompt: hi, expect: [{type: regex, pattern: "."}]}]
`,
      );
      const env = { HF_HUB_OFFLINE: "1" };
      const { exitCode, stderr, stdout } = await evaluate(["served.yaml", "--json"], { env });
      expect([exitCode, stderr]).toEqual([0, ""]);
      const { cases } = JSON.parse(stdout) as { cases: CaseResult[] };
      expect(
        cases.map(({ point, tokens }) => [point["server.sampling.maxTokens"], point["temperature"], tokens]),
      ).toEqual([
        [2, 0, 2],
        [2, 1, 2],
        [5, 0, 5],
        [5, 1, 5],
      ]);
      const again = await evaluate(["served.yaml"], { env });
      expect(again.stdout).toMatch(/4 scored of 4/);
    },
  );
});
