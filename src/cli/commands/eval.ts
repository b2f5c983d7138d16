import { basename } from "node:path";
import type { HearthClient } from "../../client/index.ts";
import { modelPath } from "../../client/models.ts";
import type { EvalOptions, Reused } from "../../eval/run-suite.ts";
import type { Suite } from "../../eval/suite.ts";
import type { CaseResult } from "../../eval/types.ts";
import type { ModelCommand } from "../../models/model-command.ts";
import { HearthError } from "../../errors.ts";
import { reportArgs } from "../bench/bench-args.ts";
import { commandLine, deliver, showReport } from "../bench/deliver.ts";
import { targetArgs, targetClient } from "../bench/target-client.ts";
import { createMeter } from "../bench/meter.ts";
import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import type { ConnectFlags } from "../connect.ts";
import { say } from "../print.ts";
import { parseCount } from "../query/parse-pairs.ts";

export default defineCommand({
  description: "Ask a model the prompts of a suite and score its answers; compare two runs",
  examples: [
    "hearth eval suite.yaml --model qwen",
    "hearth eval suite.yaml --model base --output base.jsonl && hearth eval suite.yaml --model tuned --output tuned.jsonl",
    "hearth eval compare base.jsonl tuned.jsonl",
  ],
  args: {
    suite: { type: "positional", required: true, description: "Suite (YAML), or compare", valueHint: "FILE" },
    results: {
      type: "positional",
      multiple: true,
      description: "With compare: two files of results",
      valueHint: "FILE",
    },
    model: {
      type: "string",
      alias: "m",
      valueHint: "MODEL",
      description: "Model of the config, or of the server at --url",
    },
    output: {
      type: "string",
      alias: "o",
      valueHint: "FILE",
      description: "Results, a JSON line each; default SUITE-MODEL.jsonl here",
    },
    fresh: {
      type: "boolean",
      description: "Ask everything again; else answers in the output to the same request are reused",
    },
    ...targetArgs,
    concurrency: { type: "string", alias: "c", valueHint: "N", description: "Requests at a time; default 4" },
    samples: { type: "string", valueHint: "N", description: "Answers to each case; default 1" },
    seed: {
      type: "string",
      valueHint: "N",
      description: "Seed of requests and of the cases' order; default 0",
    },
    "allow-unsandboxed": {
      type: "boolean",
      description: "Run code of answers even where nothing shuts it in",
    },
    "fail-under": { type: "string", valueHint: "PERCENT", description: "Exit with 1 at a score below this" },
    ...reportArgs,
    ...clientArgs,
  },
  async run(args) {
    if (args.suite === "compare") return await compare(args.results, args);
    if (args.results.length > 0)
      throw new HearthError("usage", `What is "${args.results[0]}"? One suite at a time`);
    const [{ readSuite }, { evalReport, meanScore }] = await Promise.all([
      import("../../eval/suite.ts"),
      import("../../eval/report.ts"),
    ]);
    const suite = readSuite(args.suite);
    const least = percent(args["fail-under"]);
    const name = subjectOf(suite, args.model);
    const counts = {
      concurrency: parseCount("concurrency", args.concurrency),
      samples: parseCount("samples", args.samples),
      seed: parseCount("seed", args.seed),
    };
    const stopped = new AbortController();
    process.once("SIGINT", () => stopped.abort());
    const meter = await createMeter(args.quiet === true || args.json === true);
    const stem = basename(args.suite).replace(/\.[^.]*$/, "");
    const resultsPath = args.output ?? `${stem}-${basename(name)}.jsonl`;
    const reused = { answers: 0, rescored: 0 };
    const options = {
      suite,
      suitePath: args.suite,
      resultsPath,
      isFresh: args.fresh === true,
      allowsUnsandboxed: args["allow-unsandboxed"] === true,
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined)),
      signal: stopped.signal,
      onProgress: (done: number, of: number, { case: id }: { readonly case: string }) =>
        meter.show(`${done} of ${of}: ${id}`, done / of),
      onReused: ({ answers, rescored }: Reused) => {
        reused.answers += answers;
        reused.rescored += rescored;
      },
    };
    const results = await answered(options, args).finally(() => meter.end());
    if (args.quiet !== true && args.json !== true) {
      for (const line of reuseLines(reused, resultsPath)) say(line);
    }
    const command = commandLine();
    const score = meanScore(results);
    const failed = results.filter(({ error }) => error !== undefined).length;
    const headline = { name: "score", value: score * 100, unit: "%", isLessBetter: false };
    const report = evalReport(suite, name, results, command);
    const result = {
      suite: suite.name,
      model: name,
      score,
      failed,
      results: resultsPath,
      reused: reused.answers,
      cases: results,
    };
    const run = {
      kind: "eval",
      subject: `${suite.name}, ${name}`,
      time: report.time,
      headline,
      command,
      result,
    };
    const taken = { reused: { answers: reused.answers, of: results.length } };
    await deliver(reused.answers === 0 ? run : { ...run, ...taken }, report, args);
    if (args.quiet !== true && args.json !== true) say(`Answers and scores are in ${resultsPath}`);
    if (stopped.signal.aborted) return 130;
    return failed > 0 || (least !== undefined && !(score * 100 >= least)) ? 1 : 0;
  },
});

function reuseLines({ answers, rescored }: Reused, path: string): readonly string[] {
  if (answers === 0) return [];
  const again = rescored === 0 ? "" : `, ${rescored} of them scored again`;
  return [
    `${answers} ${answers === 1 ? "answer" : "answers"} reused from ${path}${again}; --fresh asks again`,
  ];
}

/** Who answers: a model, or the server that the suite describes. Throws `usage` for both or neither. */
function subjectOf({ server }: Suite, model: string | undefined): string {
  if (model === undefined && server === undefined) {
    throw new HearthError("usage", "Which model? Name it by --model, or describe a server in the suite", {
      hint: "`hearth models list` shows those of the config.",
    });
  }
  if (model !== undefined && server !== undefined) {
    throw new HearthError("usage", "The suite describes its own server, so there is no place for --model");
  }
  return model ?? server?.model ?? "";
}

async function answered(
  options: Omit<EvalOptions, "client" | "model">,
  args: ConnectFlags & {
    readonly model?: string | undefined;
    readonly url?: string | undefined;
    readonly key?: string | undefined;
  },
): Promise<readonly CaseResult[]> {
  if (args.model === undefined) return await (await import("../../eval/run-served.ts")).runServed(options);
  const { runSuite } = await import("../../eval/run-suite.ts");
  const client = await targetClient(args);
  const modelIdentity = args.url ?? (await startOf(client, args.model));
  return await runSuite({ ...options, client, model: args.model, modelIdentity });
}

/** How this hearth starts a model; null for a peer's, of which only the name is known. */
async function startOf(client: HearthClient, model: string): Promise<unknown> {
  const path = `/api/models/command/${modelPath(model)}`;
  try {
    const { env, template } = await client.json<Pick<ModelCommand, "env" | "template">>({
      method: "GET",
      path,
    });
    return { env, template };
  } catch (error) {
    if (error instanceof HearthError && (error.status === 403 || error.status === 404)) return null;
    throw error;
  }
}

async function compare(files: readonly string[], args: Parameters<typeof showReport>[1]): Promise<void> {
  const [a, b, ...more] = files;
  if (a === undefined || b === undefined || more.length > 0) {
    throw new HearthError("usage", "Two files of results, please: hearth eval compare A.jsonl B.jsonl");
  }
  const [{ readResults }, { compareRuns }, { comparisonReport }] = await Promise.all([
    import("../../eval/run-suite.ts"),
    import("../../eval/compare.ts"),
    import("../../eval/report.ts"),
  ]);
  const comparison = compareRuns(readResults(a), readResults(b));
  if (comparison.cases === 0) throw new HearthError("usage", `${a} and ${b} have no scored case in common`);
  await showReport(comparisonReport(basename(a), basename(b), comparison, commandLine()), args, comparison);
}

function percent(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 100) return value;
  throw new HearthError("usage", `--fail-under wants a percentage from 0 to 100, but "${text}" came`);
}
