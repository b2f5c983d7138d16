import { HearthError } from "../../errors.ts";
import { commandLine, deliver } from "../bench/deliver.ts";
import { reportArgs } from "../bench/bench-args.ts";
import { createMeter } from "../bench/meter.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { parseCount } from "../query/parse-pairs.ts";

const VERDICTS = ["good", "acceptable", "slow", "too-slow"] as const;

export default defineCommand({
  description: "Measure how fast LoRA training with mlx-lm is on this machine, with a verdict",
  examples: [
    "hearth bench training --model ~/models/qwen3-0.6b",
    "hearth bench training --model mlx-community/Qwen3-4B-4bit --python ~/venv/bin/python --iters 50 --html report.html",
    "hearth bench training --model ./model --data ./data --fail-on too-slow",
  ],
  args: {
    model: {
      type: "string",
      alias: "m",
      valueHint: "PATH",
      description: "Folder of the model, or its name on Hugging Face",
    },
    python: {
      type: "string",
      valueHint: "PYTHON",
      description: "Interpreter that has mlx-lm; default python3",
    },
    iters: {
      type: "string",
      valueHint: "N",
      description: "Iterations; the first two don't count. Default 20",
    },
    data: {
      type: "string",
      valueHint: "DIR",
      description: "Folder with train.jsonl; default: made-up chats",
    },
    "batch-size": { type: "string", valueHint: "N", description: "Rows a batch; default 4" },
    layers: { type: "string", valueHint: "N", description: "Layers to train at most; default 16" },
    "max-tokens": { type: "string", valueHint: "N", description: "Longest text in tokens; default 2048" },
    "fail-on": {
      type: "string",
      valueHint: "VERDICT",
      options: VERDICTS,
      description: "Exit with 1 at this verdict or a worse one",
    },
    ...reportArgs,
    ...commonArgs,
  },
  async run(args) {
    if (args.model === undefined) {
      throw new HearthError("usage", "Which model? Name it by --model", {
        hint: "A folder, or a name on Hugging Face.",
      });
    }
    const iterations = parseCount("iters", args.iters);
    const batchSize = parseCount("batch-size", args["batch-size"]);
    const layers = parseCount("layers", args.layers);
    const maxSequenceLength = parseCount("max-tokens", args["max-tokens"]);
    if (iterations !== undefined && iterations < 4) {
      throw new HearthError(
        "usage",
        `--iters ${iterations} is too few: the first two don't count, and one tells no spread`,
      );
    }
    const [{ runTrainingBenchmark }, { trainingReport }] = await Promise.all([
      import("../../bench/training/run-training.ts"),
      import("../../bench/training/report.ts"),
    ]);
    const stopped = new AbortController();
    // The training ends, and what was measured is kept; a second Ctrl-C ends all.
    process.once("SIGINT", () => stopped.abort());
    const meter = await createMeter(args.quiet === true || args.json === true);
    const result = await runTrainingBenchmark({
      model: args.model,
      ...(args.python === undefined ? {} : { python: args.python }),
      ...(args.data === undefined ? {} : { data: args.data }),
      ...(iterations === undefined ? {} : { iterations }),
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(layers === undefined ? {} : { layers }),
      ...(maxSequenceLength === undefined ? {} : { maxSequenceLength }),
      signal: stopped.signal,
      onProgress: (progress) =>
        progress.kind === "loading"
          ? meter.show("Loading the model", 0)
          : meter.show(
              `Iteration ${progress.done} of ${progress.of}, ${progress.seconds.toFixed(2)} s`,
              progress.done / progress.of,
            ),
    }).finally(() => meter.end());
    const command = commandLine();
    const { judgement, secondsPerIteration, time } = result;
    if (secondsPerIteration === null) {
      throw new HearthError("bench-failed", "It was ended before an iteration that counts", {
        hint: "The first two are left out as warm-up.",
      });
    }
    const headline = {
      name: "seconds an iteration",
      value: secondsPerIteration.median,
      unit: "s",
      isLessBetter: true,
    };
    await deliver(
      { kind: "training", subject: args.model, time, headline, command, result },
      trainingReport(result, command),
      args,
    );
    if (result.isInterrupted) return 130;
    const worst = VERDICTS.indexOf((args["fail-on"] ?? "") as (typeof VERDICTS)[number]);
    const reached = VERDICTS.indexOf(judgement?.verdict as (typeof VERDICTS)[number]);
    return worst >= 0 && reached >= worst ? 1 : 0;
  },
});
