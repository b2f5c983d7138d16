import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OperationsResult } from "../../src/bench/operations/run-operations.ts";
import type { ServingResult, ServingRow } from "../../src/bench/serving/run-serving.ts";
import type { BenchmarkResult } from "../../src/bench/training/result.ts";
import { processesWith } from "../support/machine.ts";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { pythonWithMlx } from "../support/python.ts";
import { hearth, type RunOptions } from "../support/run.ts";
import { hearthCommand, PROJECT, TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { upstreamCommand } from "../support/upstream.ts";

const mlx = await pythonWithMlx();
const cmd = (flags: string) => JSON.stringify(upstreamCommand(flags));

/** Servers whose times are known in advance. */
const CONFIG = `
startPort: ${takePorts()}
groups: {all: {swap: false, members: [planted, failing, late]}}
models:
  planted: {cmd: ${cmd("--first 150 --gap 50 --tokens 8")}}
  failing: {cmd: ${cmd("--first 1 --gap 1 --tokens 4 --fail-every 3")}}
  late: {cmd: ${cmd("--ready-after 600 --first 1 --gap 1 --tokens 2")}}
`;

describe.each(TARGETS)("hearth bench on %s", (target) => {
  let place: Place;
  beforeAll(() => {
    place = createPlace();
    place.write("hearth.yaml", CONFIG);
    place.write("t.csv", "a,b\n1,2\n");
  });
  afterAll(async () => {
    await hearth(target, place, ["stop", "--config", "hearth.yaml"]);
    place.remove();
  });
  const bench = (args: readonly string[], options: RunOptions = {}) =>
    hearth(target, place, ["bench", ...args], { timeoutMs: 110_000, ...options });
  const serving = async (...args: readonly string[]) => {
    const { exitCode, stderr, stdout } = await bench([
      "serving",
      ...args,
      "--config",
      "hearth.yaml",
      "--json",
    ]);
    if (stdout === "") throw new Error(stderr);
    return { exitCode, result: JSON.parse(stdout) as ServingResult };
  };

  test("finds the times that were planted: first token, between tokens, tokens a second", async () => {
    const began = performance.now();
    const { exitCode, result } = await serving("planted", "-n", "6", "--concurrency", "1,3");
    // What a request takes on this machine at this moment: nothing that is measured can be longer than the whole run.
    const wholeSeconds = (performance.now() - began) / 1000;
    expect(exitCode).toBe(0);
    const [one, three] = result.rows as [ServingRow, ServingRow];
    // A timer never fires early.
    expect(one.firstToken?.min).toBeGreaterThan(0.149);
    expect(one.betweenTokens?.count).toBe(42);
    expect([one.tokens, one.requests, one.errors]).toEqual([48, 6, 0]);
    const whole = 6 * (one.firstToken?.mean ?? Infinity) + 42 * (one.betweenTokens?.mean ?? Infinity);
    // 150 + 7 x 50 ms for each of six requests; their parts add up to the time that the client waited.
    expect(whole).toBeGreaterThan(6 * 0.499);
    expect(whole).toBeLessThan(wholeSeconds);
    expect(one.tokensPerSecond).toBeGreaterThan(48 / wholeSeconds);
    expect(one.tokensPerSecond).toBeLessThan(8 / 0.499);
    expect(three.tokensPerSecond).toBeGreaterThan(48 / wholeSeconds);
    expect(three.tokensPerSecond).toBeLessThan(24 / 0.499);
  });

  test("counts what fails, and leaves it out of the times", async () => {
    const { exitCode, result } = await serving("failing", "-n", "9", "--warm-ups", "3");
    expect(exitCode).toBe(1);
    expect(result.rows[0]).toMatchObject({
      requests: 9,
      errors: 3,
      tokens: 24,
      errorReasons: ["planted failure"],
      firstToken: { count: 6 },
    });
  });

  test("tells what a cold model costs, and charges a stall at a rate", async () => {
    const began = performance.now();
    const { result } = await serving("late", "-n", "4", "--cold", "--rate", "20");
    expect(result.coldSeconds["late"]).toBeGreaterThan(0.6);
    expect(result.coldSeconds["late"]).toBeLessThan((performance.now() - began) / 1000);
    expect(result.rows[0]).toMatchObject({ arrival: { kind: "open", perSecond: 20 }, requests: 4 });
  });

  test("operations: warm against a cold command of known length", async () => {
    const cold = "sh -c 'sleep 0.4; cat \"$0\"' {file}";
    const args = [
      "operations",
      "t.csv",
      "-n",
      "3",
      "--cold",
      cold,
      "--json",
      "--html",
      "r.html",
      "--markdown",
      "r.md",
    ];
    const { exitCode, stderr, stdout } = await bench(args);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const result = JSON.parse(stdout) as OperationsResult;
    expect(result.cold?.median).toBeGreaterThan(0.4);
    expect(result.cold?.median).toBeLessThan(0.6);
    expect(result).toMatchObject({
      count: 3,
      isInterrupted: false,
      coldCommand: expect.stringContaining("t.csv"),
    });
    expect(result.speedUp?.connection.value).toBeGreaterThan(result.speedUp?.command.value as number);
    expect(readFileSync(join(place.data, "r.html"), "utf8")).toContain("<svg ");
    expect(readFileSync(join(place.data, "r.md"), "utf8")).toContain("hearth bench operations t.csv -n 3");
  });

  test("keeps what was run, and compares", async () => {
    const again = await bench(["operations", "t.csv", "-n", "2", "--cold", "none"]);
    expect(again.stdout).toMatch(/beside before +(?:much as|\d+ % (?:better|worse) than) the run of \d{4}-/);
    const history = await bench(["history", "--json"]);
    const runs = JSON.parse(history.stdout) as { benchmark: string; value: number; command: string }[];
    expect(runs.map(({ benchmark }) => benchmark)).toEqual([
      "operations",
      "operations",
      "serving",
      "serving",
      "serving",
    ]);
    expect(runs[0]?.command).toBe("hearth bench operations t.csv -n 2 --cold none");
  });

  test.each([
    [["serving"], 2, /Which model/],
    [["serving", "planted", "--concurrency", "1.5"], 2, /whole numbers/],
    [["serving", "planted", "--concurrency", "1", "--rate", "2"], 2, /exclude each other/],
    [["serving", "nobody", "--config", "hearth.yaml"], 1, /No model named "nobody"/],
    [["serving", "x", "--url", "http://127.0.0.1:39997"], 3, /127\.0\.0\.1:39997/],
    [["operations", "missing.csv", "--cold", "none"], 1, /missing\.csv/],
    [["operations", "t.csv", "-n", "1", "--cold", "false"], 1, /false failed/],
    [["training"], 2, /Which model/],
    [["training", "--model", "./nowhere"], 1, /There is no model \.\/nowhere/],
    [["training", "--model", ".", "--python", "./no-python"], 1, /--python/],
    [["training", "--model", ".", "--iters", "2"], 2, /too few/],
  ] as const)("%p says what is wrong", async (args, exitCode, message) => {
    const failed = await bench(args);
    expect([failed.stdout, failed.exitCode]).toEqual(["", exitCode]);
    expect(failed.stderr).toMatch(message);
  });

  describe("training, with versions of mlx_lm that take no callbacks", () => {
    const OLD = join(PROJECT, "tests/fixtures/bench/old-mlx.sh");
    const args = ["training", "--model", ".", "--python", OLD, "--iters", "6", "--json"];
    const environment = (form: string, iterations = 6) => ({
      FORM: form,
      ITERATIONS: String(iterations),
      ARGS_FILE: join(place.data, "args"),
    });

    test("until 0.31: the times that it prints", async () => {
      const { stdout } = await bench(args, { env: environment("0.31") });
      const result = JSON.parse(stdout) as BenchmarkResult;
      expect(result).toMatchObject({
        timeSource: "old-output",
        secondsPerIteration: { count: 4, median: 0.2 },
        tokensPerSecond: { median: 400.5 },
        peakMemory: { trainingBytes: 1.5e9 },
      });
      const given = readFileSync(join(place.data, "args"), "utf8");
      expect(given).toContain("-m mlx_lm lora --train");
      expect(given).toContain("--iters 6 --batch-size 4 --num-layers 16");
    });

    test("from 0.32: the arrival of its lines", async () => {
      const { stdout } = await bench(args, { env: environment("0.32") });
      const result = JSON.parse(stdout) as BenchmarkResult;
      expect(result).toMatchObject({ timeSource: "arrival-of-lines", peakMemory: { trainingBytes: null } });
      expect(result.secondsPerIteration?.median).toBeGreaterThan(0.195);
      expect(result.secondsPerIteration?.median).toBeLessThan(result.totalSeconds ?? 0);
    });

    test("that the system kills is told by what that mostly means", async () => {
      const { exitCode, stderr } = await bench(args, { env: environment("killed") });
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/was killed, mostly for want of memory\n.*--batch-size 1/);
    });

    test("Ctrl-C ends it, and what was measured is kept", async () => {
      const child = Bun.spawn([...hearthCommand(target), "bench", ...args], {
        cwd: place.data,
        env: { ...place.env, ...environment("0.32", 1000) },
        stdout: "pipe",
        stderr: "pipe",
      });
      await until("it trains", () => processesWith(`ARGS_FILE=${join(place.data, "args")}`).length > 1);
      await Bun.sleep(1500);
      child.kill("SIGINT");
      const [stdout, exitCode] = [await new Response(child.stdout).text(), await child.exited];
      expect(exitCode).toBe(130);
      const { isInterrupted, iterations } = JSON.parse(stdout) as BenchmarkResult;
      expect(isInterrupted).toBe(true);
      expect(iterations.length).toBeGreaterThan(3);
      await until(
        "nothing is left of it",
        () => processesWith(`ARGS_FILE=${join(place.data, "args")}`).length === 0,
      );
    });
  });

  describe.skipIf(mlx === undefined)("training, with the real mlx_lm", () => {
    const training = (...args: readonly string[]) => {
      const { model, python } = mlx as NonNullable<typeof mlx>;
      // mlx compiles its kernels for a CPU at first, for half a minute, and keeps them below TMPDIR.
      const env = { HF_HUB_OFFLINE: "1", TMPDIR: tmpdir() };
      return bench(["training", "--model", model, "--python", python, "--batch-size", "1", ...args], { env });
    };

    test("measures each iteration, and judges", async () => {
      const { exitCode, stdout } = await training("--iters", "6", "--json");
      expect(exitCode).toBe(0);
      const result = JSON.parse(stdout) as BenchmarkResult;
      expect(result).toMatchObject({
        timeSource: "callback",
        settings: { iterations: 6, batchSize: 1, layers: 2 },
        secondsPerIteration: { count: 4 },
        judgement: { verdict: "excellent" },
        isInterrupted: false,
        versions: { "mlx-lm": "0.32.2" },
      });
      expect(result.iterations.filter(({ leftOut }) => leftOut === "warm-up")).toHaveLength(2);
      expect(result.iterations.filter(({ leftOut }) => leftOut === undefined)).toHaveLength(4);
      const { loadSeconds, peakMemory, projection, secondsPerIteration, totalSeconds } = result;
      expect(projection?.[100]).toBeCloseTo((secondsPerIteration?.median ?? 0) * 100, 6);
      expect(totalSeconds).toBeGreaterThan((loadSeconds ?? 0) + 6 * (secondsPerIteration?.min ?? Infinity));
      expect(peakMemory.trainingBytes).toBeGreaterThan(1e5);
      expect(peakMemory.residentBytes).toBeGreaterThan(peakMemory.trainingBytes as number);
    });

    test("shows it to people, and leaves no adapter", async () => {
      const { exitCode, stdout } = await training("--iters", "4", "--fail-on", "acceptable");
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^verdict +excellent$/m);
      expect(stdout).toMatch(/^peak memory of the training +[\d.]+ [kM]B, by the array library$/m);
      expect(existsSync(join(place.data, "adapters"))).toBe(false);
    });

    test("takes data of one's own, and leaves validation out", async () => {
      const row = JSON.stringify({
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      });
      for (const split of ["train", "valid"]) place.write(`own/${split}.jsonl`, `${row}\n${row}\n`);
      const { stdout } = await training("--iters", "5", "--data", "own", "--json");
      const { iterations } = JSON.parse(stdout) as BenchmarkResult;
      const [first, second, third, fourth, last] = iterations.map(({ leftOut }) => leftOut);
      expect([first, second, third, fourth, last]).toEqual([
        "validation",
        "warm-up",
        undefined,
        undefined,
        "validation",
      ]);
    });
  });
});
