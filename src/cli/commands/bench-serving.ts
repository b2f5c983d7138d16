import type { ServingTarget } from "../../bench/serving/run-serving.ts";
import type { Arrival } from "../../bench/serving/load.ts";
import { HearthError } from "../../errors.ts";
import { reportArgs } from "../bench/bench-args.ts";
import { commandLine, deliver } from "../bench/deliver.ts";
import { targetArgs, targetClient } from "../bench/target-client.ts";
import { createMeter } from "../bench/meter.ts";
import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import type { ConnectFlags } from "../connect.ts";
import { parseCount } from "../query/parse-pairs.ts";

export default defineCommand({
  description: "Measure how fast models are served: first token, between tokens, tokens a second",
  examples: [
    "hearth bench serving qwen",
    "hearth bench serving qwen coder --concurrency 1,4,16 --html report.html",
    "hearth bench serving gpt-oss --url http://gpu-box:8000 --rate 0.5,2",
  ],
  args: {
    model: {
      type: "positional",
      multiple: true,
      description: "Models of the config, or of the server at --url",
    },
    ...targetArgs,
    concurrency: {
      type: "string",
      alias: "c",
      valueHint: "N,N",
      description: "Requests at a time, one measurement for each; default 1",
    },
    rate: {
      type: "string",
      valueHint: "N,N",
      description: "Requests a second, whatever the server does, in place of --concurrency",
    },
    requests: {
      type: "string",
      alias: "n",
      valueHint: "N",
      description: "Requests of each measurement; default 20",
    },
    "warm-ups": {
      type: "string",
      valueHint: "N",
      description: "Requests before each that don't count; default 2",
    },
    "prompt-words": { type: "string", valueHint: "N", description: "Words of the prompt; default 50" },
    "max-tokens": { type: "string", valueHint: "N", description: "Longest answer in tokens; default 64" },
    cold: {
      type: "boolean",
      description: "Unload each model first, and tell how long a first request takes then",
    },
    ...reportArgs,
    ...clientArgs,
  },
  async run(args) {
    if (args.model.length === 0) {
      throw new HearthError("usage", "Which model?", {
        hint: "`hearth models list` shows those of the config.",
      });
    }
    if (args.cold === true && args.url !== undefined) {
      throw new HearthError(
        "usage",
        "--cold unloads models of this hearth; a server at --url can't be asked to",
      );
    }
    const arrivals = arrivalsOf(args.concurrency, args.rate);
    const counts = {
      requests: parseCount("requests", args.requests),
      warmUps: parseCount("warm-ups", args["warm-ups"]),
      promptWords: parseCount("prompt-words", args["prompt-words"]),
      maxTokens: parseCount("max-tokens", args["max-tokens"]),
    };
    const given = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));
    const [{ arrivalText, runServingBenchmark }, { servingReport }] = await Promise.all([
      import("../../bench/serving/run-serving.ts"),
      import("../../bench/serving/report.ts"),
    ]);
    const targets = await targetsOf(args.model, args);
    const stopped = new AbortController();
    process.once("SIGINT", () => stopped.abort());
    const meter = await createMeter(args.quiet === true || args.json === true);
    const result = await runServingBenchmark({
      targets,
      arrivals,
      ...given,
      signal: stopped.signal,
      onProgress: (text, share) => meter.show(text, share),
    }).finally(() => meter.end());
    const command = commandLine();
    const [first] = result.rows;
    if (first === undefined)
      throw new HearthError("bench-failed", "It was ended before anything was measured");
    const headline = {
      name: "tokens a second",
      value: first.tokensPerSecond,
      unit: "tokens/s",
      isLessBetter: false,
    };
    const subject = `${first.target}, ${arrivals.map(arrivalText).join("; ")}`;
    await deliver(
      { kind: "serving", subject, time: result.time, headline, command, result },
      servingReport(result, command),
      args,
    );
    if (result.isInterrupted) return 130;
    return result.rows.some(({ errors }) => errors > 0) ? 1 : 0;
  },
});

function arrivalsOf(concurrency: string | undefined, rate: string | undefined): readonly Arrival[] {
  if (concurrency !== undefined && rate !== undefined) {
    throw new HearthError("usage", "--concurrency and --rate exclude each other");
  }
  if (rate !== undefined) return numbers("rate", rate).map((perSecond) => ({ kind: "open", perSecond }));
  return numbers("concurrency", concurrency ?? "1").map((count) => {
    if (!Number.isInteger(count))
      throw new HearthError("usage", `--concurrency wants whole numbers, but "${count}" came`);
    return { kind: "closed", concurrency: count };
  });
}

function numbers(flag: string, text: string): readonly number[] {
  return text.split(",").map((part) => {
    const value = Number(part);
    if (part.trim() !== "" && Number.isFinite(value) && value > 0) return value;
    throw new HearthError("usage", `--${flag} wants numbers such as 1,2,4, but "${text}" came`);
  });
}

async function targetsOf(
  models: readonly string[],
  args: ConnectFlags & {
    readonly url?: string | undefined;
    readonly key?: string | undefined;
    readonly cold?: boolean | undefined;
  },
): Promise<readonly ServingTarget[]> {
  const client = await targetClient(args);
  return models.map((model) => ({
    name: model,
    client,
    model,
    unload: args.cold === true ? () => client.unloadModel(model) : undefined,
  }));
}
