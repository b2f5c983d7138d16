import { beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchHistory, comparisonText, type Recorded } from "../../src/bench/history.ts";
import { htmlReport } from "../../src/bench/report/html.ts";
import { markdownReport } from "../../src/bench/report/markdown.ts";
import { bytesText, figure, histogram, type Report, timeText } from "../../src/bench/report/report.ts";
import { textReport } from "../../src/bench/report/text.ts";
import { type Arrival, runLoad } from "../../src/bench/serving/load.ts";
import { bootstrapInterval, percentile, summarize } from "../../src/bench/statistics.ts";
import { createDummyDataset } from "../../src/bench/training/dataset.ts";
import { parseTrainingLine } from "../../src/bench/training/parse-output.ts";
import { judge } from "../../src/bench/training/verdict.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("statistics", () => {
  test("are those of numpy", () => {
    // numpy.percentile([15, 20, 35, 40, 50], [90, 95, 99]) = 46, 48, 49.6; numpy.std(ddof=1) = 14.4049
    expect(summarize([50, 15, 40, 20, 35])).toMatchObject({
      count: 5,
      mean: 32,
      median: 35,
      min: 15,
      max: 50,
      p90: 46,
      p95: 48,
      p99: expect.closeTo(49.6, 10),
      standardDeviation: expect.closeTo(14.4049, 3),
    });
    expect(percentile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(percentile([7], 0.99)).toBe(7);
    expect(summarize([])).toBeUndefined();
    expect(summarize([3])).toMatchObject({ median: 3, standardDeviation: 0, medianInterval: [3, 3] });
  });

  test("bounds hold the truth as often as they say, and are the same for the same samples", () => {
    let state = 1;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    let held = 0;
    for (let i = 0; i < 200; i += 1) {
      const [low, high] = bootstrapInterval(
        Array.from({ length: 30 }, () => 10 + normal()),
        mean,
      );
      held += Number(low <= 10 && 10 <= high);
    }
    // 95 % of 200, within four standard errors.
    expect(held).toBeGreaterThan(174);
    expect(held).toBeLessThan(200);
    const samples = [1, 5, 2, 8, 3];
    expect(bootstrapInterval(samples, mean)).toEqual(bootstrapInterval(samples, mean));
  });
});

describe("a load", () => {
  let clock: VirtualClock;
  beforeEach(() => void (clock = new VirtualClock()));
  const load = <T>(count: number, arrival: Arrival, send: (dueMs: number) => Promise<T>) =>
    clock.run(runLoad(count, arrival, send, undefined, clock));

  test("closed: so many at a time, each as soon as one ends; failures are counted", async () => {
    let running = 0;
    let most = 0;
    let sent = 0;
    const { outcomes } = await load(12, { kind: "closed", concurrency: 3 }, async () => {
      most = Math.max(most, (running += 1));
      await clock.pause(5);
      running -= 1;
      if ((sent += 1) % 4 === 0) throw new Error("planted");
      return sent;
    });
    expect([most, outcomes.length]).toEqual([3, 12]);
    expect(outcomes.filter(({ isAnswered }) => !isAnswered)).toEqual(
      Array.from({ length: 3 }, () => ({ isAnswered: false, reason: "planted" })),
    );
  });

  test("open: a server that stalls is charged for all who wait for it", async () => {
    // It does one at a time, and stands still for 400 ms at the tenth.
    let line = Promise.resolve();
    let count = 0;
    const serve = () => {
      const ms = (count += 1) === 10 ? 400 : 1;
      return (line = line.then(() => clock.pause(ms)));
    };
    const { outcomes } = await load(40, { kind: "open", perSecond: 100 }, async (dueMs) => {
      await serve();
      return clock.now() - dueMs;
    });
    const waits = outcomes
      .map((outcome) => (outcome.isAnswered ? outcome.value : Number.NaN))
      .sort((a, b) => a - b);
    // One request in forty took long to be served, but half of them had to wait.
    expect(percentile(waits, 0.5)).toBeGreaterThan(50);
    expect(percentile(waits, 1)).toBeGreaterThan(390);
    expect(percentile(waits, 1)).toBeLessThan(410);
  });

  test("open: comes at its rate", async () => {
    const dues: number[] = [];
    await load(200, { kind: "open", perSecond: 1000 }, async (dueMs) => void dues.push(dueMs));
    const seconds = ((dues.at(-1) as number) - (dues[0] as number)) / 1000;
    expect(199 / seconds).toBeGreaterThan(850);
    expect(199 / seconds).toBeLessThan(1180);
  });
});

describe("what mlx_lm prints", () => {
  const read = (version: string) =>
    readFileSync(join(import.meta.dir, `../fixtures/bench/mlx-lm-${version}.txt`), "utf8")
      .split("\n")
      .flatMap((line) => parseTrainingLine(line) ?? []);

  test("is read as 0.31.3 has it", () => {
    expect(read("0.31.3")).toEqual([
      { kind: "validation", iteration: 1, seconds: 0.101 },
      {
        kind: "train",
        iteration: 3,
        loss: 6.302,
        tokensPerSecond: 1857.793,
        seconds: 1 / 21.602,
        peakBytes: 3_000_000,
      },
      {
        kind: "train",
        iteration: 7,
        loss: 5.965,
        tokensPerSecond: 2762.376,
        seconds: 1 / 96.362,
        peakBytes: 4_000_000,
      },
    ]);
  });

  test("is read as 0.32.2 has it, colours and all", () => {
    const rest = { seconds: undefined, peakBytes: undefined };
    expect(read("0.32.2")).toEqual([
      { kind: "validation", iteration: 1, seconds: 0.14 },
      { kind: "train", iteration: 3, loss: 6.302, tokensPerSecond: 70, ...rest },
      { kind: "train", iteration: 7, loss: 5.965, tokensPerSecond: 2327, ...rest },
    ]);
  });

  test("the first versions told no memory, and losses may be none", () => {
    expect(
      parseTrainingLine("Iter 10: Train loss nan, Learning Rate 1.000e-05, It/sec 2.000, Tokens/sec 100.5"),
    ).toEqual({
      kind: "train",
      iteration: 10,
      loss: Number.NaN,
      tokensPerSecond: 100.5,
      seconds: 0.5,
      peakBytes: undefined,
    });
    expect(parseTrainingLine("Loading pretrained model")).toBeUndefined();
  });
});

test.each([
  [0.5, "excellent"],
  [1, "excellent"],
  [5, "excellent"],
  [5.01, "good"],
  [10, "good"],
  [10.01, "acceptable"],
  [30, "acceptable"],
  [30.01, "slow"],
  [60, "slow"],
  [60.01, "too-slow"],
  [4000, "too-slow"],
] as const)("%d s an iteration is %s", (seconds, verdict) => {
  expect(judge(seconds).verdict).toBe(verdict);
});

test("a verdict has advice, and bounds of one's own", () => {
  expect(judge(0.2).advice).toContain("too small");
  expect(judge(100).advice).toContain("smaller");
  expect(judge(3, { excellent: 1, good: 2, acceptable: 4, slow: 5 }).verdict).toBe("acceptable");
});

test("a data set of made-up chats is the same each time, and has rows enough for a batch", () => {
  const folder = mkdtempSync(join(tmpdir(), "hearth-dataset-"));
  try {
    createDummyDataset(join(folder, "a"), 25, { leastRows: 4 });
    createDummyDataset(join(folder, "b"), 25, { leastRows: 4, splits: ["train"] });
    const rows = (name: string) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
    expect(["a/train.jsonl", "a/valid.jsonl", "a/test.jsonl"].map((name) => rows(name).length)).toEqual([
      25, 4, 4,
    ]);
    expect(readdirSync(join(folder, "b"))).toEqual(["train.jsonl"]);
    expect(rows("b/train.jsonl")).toEqual(rows("a/train.jsonl"));
    const { messages } = JSON.parse(rows("a/train.jsonl")[0] as string) as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(() => createDummyDataset(folder, 0)).toThrow(RangeError);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("reports", () => {
  const report: Report = {
    title: "Speed of <b>x</b>",
    time: "2026-01-02T03:04:05.000Z",
    facts: [{ name: "first", value: "1 | 2" }],
    tables: [{ title: "Rows", columns: ["", "median"], rows: [["a & b", "12 ms"]] }],
    charts: [
      {
        title: "Line",
        kind: "line",
        x: "round",
        y: "ms",
        series: [
          {
            name: "s",
            points: [
              [1, 5],
              [2, 7],
            ],
          },
        ],
      },
      {
        title: "Bars",
        kind: "bar",
        x: "at a time",
        y: "t/s",
        series: [
          {
            name: "m<1>",
            points: [
              ["1", 5],
              ["4", 9],
            ],
          },
          { name: "n", points: [["1", 3]] },
        ],
      },
    ],
    notes: ["Said </main> so."],
    versions: { mlx: "1.2" },
    machine: { cpu: "C", cores: 2, memoryBytes: 8e9, system: "linux", hearth: "0", runtime: "bun" },
    command: "hearth bench x --file 'a b'",
  };

  test("as text and Markdown", () => {
    expect(textReport(report)).toContain("\nfirst  1 | 2\n");
    expect(textReport(report)).toMatch(/Rows\n {7}median\na & b {3}12 ms\n/);
    const markdown = markdownReport(report);
    expect(markdown).toContain("| first | 1 \\| 2 |");
    expect(markdown).toContain("```sh\nhearth bench x --file 'a b'\n```");
  });

  test("as one HTML file, with charts and without anything from elsewhere", async () => {
    const html = await htmlReport(report);
    expect(html.match(/<svg /g)).toHaveLength(2);
    expect(html).not.toMatch(/<script|src=|href=|url\((?!#)/);
    expect(html).toContain("Speed of &lt;b&gt;x&lt;/b&gt;");
    expect(html).not.toContain("m<1>");
    expect(html).toContain("Said &lt;/main&gt; so.");
  });

  test("figures have three digits that count", () => {
    expect([0, 0.00012, 0.0456789, 1.23456, 98.765, 1234.5].map(figure)).toEqual([
      "0",
      "1.2e-4",
      "0.0457",
      "1.23",
      "98.8",
      "1,235",
    ]);
    expect([2e-6, 0.0123, 12.3, 600, 9000].map(timeText)).toEqual([
      "2 µs",
      "12.3 ms",
      "12.3 s",
      "10 min",
      "2.5 h",
    ]);
    expect([1500, 2.5e6, 3e9].map(bytesText)).toEqual(["1.5 kB", "2.5 MB", "3 GB"]);
    expect(histogram([], 4)).toEqual([]);
    expect(histogram([1, 1, 2, 5], 2).map(([, count]) => count)).toEqual([3, 1]);
  });
});

test("runs are kept, and compared with the last of their kind", () => {
  const folder = mkdtempSync(join(tmpdir(), "hearth-history-"));
  try {
    const history = new BenchHistory(folder);
    expect(history.list()).toEqual([]);
    const run = (time: string, subject: string, value: number): Recorded => ({
      kind: "training",
      subject,
      time,
      headline: { name: "s", value, unit: "s", isLessBetter: true },
      command: "hearth bench training",
      result: {},
    });
    history.keep(run("2026-01-01T00:00:00.000Z", "a", 1));
    history.keep(run("2026-01-02T00:00:00.000Z", "a", 2));
    history.keep(run("2026-01-03T00:00:00.000Z", "b", 3));
    writeFileSync(join(folder, "bench", "broken.json"), "{");
    expect(history.list().map(({ headline }) => headline.value)).toEqual([1, 2, 3]);
    const before = history.last("training", "a") as Recorded;
    expect(before.headline.value).toBe(2);
    const said = [1, 1.95, 3].map((value) => comparisonText({ ...before.headline, value }, before));
    expect(said.map((text) => text.slice(0, 14))).toEqual([
      "50 % better th",
      "much as the ru",
      "50 % worse tha",
    ]);
    expect(comparisonText({ ...before.headline, value: 3, isLessBetter: false }, before)).toStartWith(
      "50 % better",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
