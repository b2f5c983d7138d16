import { HearthError } from "../../errors.ts";
import type { SamplingDefaults, ServerConfig, ServerType } from "./server-config.ts";

/** A command line, a word each. */
export type Command = readonly [string, ...string[]];

/** Options that stand on the command line of one kind of server, and those that it takes with each request. */
interface ServerKind {
  readonly program: Command;
  readonly flags: (config: ServerConfig) => readonly (readonly [flag: string, value: Value])[];
  /** Sampling that goes with each request, by its name there. */
  readonly perRequest: Partial<Record<keyof SamplingDefaults, string>>;
  /** Options that it has not, each with what to do instead. */
  readonly refused: Readonly<Record<string, string>>;
}

type Value = string | number | undefined;

/** Source: mlx_lm 0.32.2 `server --help`, llama.cpp's tools/server/README.md, `vllm serve --help`. */
const KINDS: Readonly<Record<ServerType, ServerKind>> = {
  "mlx-lm": {
    program: ["mlx_lm.server"],
    flags: ({ model, host, port, loraAdapter, draftModel, draftTokens, promptCache, sampling = {} }) => [
      ["--model", model],
      ["--adapter-path", loraAdapter],
      ["--host", host],
      ["--port", port],
      ["--draft-model", draftModel],
      ["--num-draft-tokens", draftTokens],
      ["--temp", sampling.temperature],
      ["--top-p", sampling.topP],
      ["--top-k", sampling.topK],
      ["--min-p", sampling.minP],
      ["--max-tokens", sampling.maxTokens],
      ["--prompt-cache-size", promptCache?.entries],
      ["--prompt-cache-bytes", promptCache?.bytes],
    ],
    perRequest: {
      repetitionPenalty: "repetition_penalty",
      repetitionContextSize: "repetition_context_size",
      presencePenalty: "presence_penalty",
      frequencyPenalty: "frequency_penalty",
      seed: "seed",
      stop: "stop",
    },
    refused: {
      contextSize:
        "mlx_lm server has no such flag. Bound the memory of its prompts: promptCache.bytes or promptCache.entries.",
    },
  },
  "llama-server": {
    program: ["llama-server"],
    flags: ({
      model,
      host,
      port,
      servedName,
      loraAdapter,
      draftModel,
      draftTokens,
      contextSize,
      sampling = {},
    }) => [
      [isFile(model) ? "--model" : "-hf", model],
      ["--host", host],
      ["--port", port],
      ["--alias", servedName],
      ["--lora", loraAdapter],
      ["--model-draft", draftModel],
      ["--draft-max", draftTokens],
      ["--ctx-size", contextSize],
      ["--temp", sampling.temperature],
      ["--top-p", sampling.topP],
      ["--top-k", sampling.topK],
      ["--min-p", sampling.minP],
      ["--predict", sampling.maxTokens],
      ["--repeat-penalty", sampling.repetitionPenalty],
      ["--repeat-last-n", sampling.repetitionContextSize],
      ["--presence-penalty", sampling.presencePenalty],
      ["--frequency-penalty", sampling.frequencyPenalty],
      ["--seed", sampling.seed],
    ],
    perRequest: { stop: "stop" },
    refused: {
      "promptCache.entries": "llama-server counts slots, not prompts. Give it in args: --parallel N.",
      "promptCache.bytes": "Its cache grows with the context. Bound that: contextSize.",
    },
  },
  vllm: {
    program: ["vllm", "serve"],
    flags: ({ host, port, servedName, loraAdapter, draftModel, draftTokens, contextSize, model }) => [
      ["--host", host],
      ["--port", port],
      ["--served-model-name", servedName],
      ["--max-model-len", contextSize],
      ...(loraAdapter === undefined
        ? []
        : ([
            ["--enable-lora", ""],
            ["--lora-modules", `${servedName ?? model}-lora=${loraAdapter}`],
          ] as const)),
      [
        "--speculative-config",
        draftModel === undefined
          ? undefined
          : JSON.stringify({ model: draftModel, num_speculative_tokens: draftTokens ?? 3 }),
      ],
    ],
    perRequest: {
      temperature: "temperature",
      topP: "top_p",
      topK: "top_k",
      minP: "min_p",
      maxTokens: "max_tokens",
      repetitionPenalty: "repetition_penalty",
      presencePenalty: "presence_penalty",
      frequencyPenalty: "frequency_penalty",
      seed: "seed",
      stop: "stop",
    },
    refused: {
      "sampling.repetitionContextSize": "vLLM's penalty always looks at the whole text.",
      "promptCache.entries":
        "vLLM bounds its memory as a whole. Give it in args: --gpu-memory-utilization 0.8.",
      "promptCache.bytes":
        "vLLM bounds its memory as a whole. Give it in args: --gpu-memory-utilization 0.8.",
    },
  },
};

/**
 * The command that starts a server. Pure: it looks at nothing but its argument.
 *
 * @throws HearthError `not-supported` for an option that this server neither has nor takes with requests
 */
export function buildServerCommand(config: ServerConfig): Command {
  const { program, flags } = KINDS[config.type];
  refuseUnsupported(config);
  const [first, ...rest] = config.program ?? program;
  const positional = config.type === "vllm" ? [config.model] : [];
  const given = flags(config).flatMap(([flag, value]) =>
    value === undefined ? [] : value === "" ? [flag] : [flag, String(value)],
  );
  return [first, ...rest, ...positional, ...given, ...(config.args ?? [])];
}

/**
 * What a server takes with each request only, by its name there: the proxy adds it to requests that don't say it
 * themselves.
 */
export function requestDefaults({ type, sampling = {} }: ServerConfig): Readonly<Record<string, unknown>> {
  const { perRequest } = KINDS[type];
  const given = Object.entries(sampling).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.flatMap(([name, value]) => {
      const parameter = perRequest[name as keyof SamplingDefaults];
      return parameter === undefined ? [] : [[parameter, value]];
    }),
  );
}

/** The name that a server knows its model by; undefined: it takes any. */
export function upstreamNameOf({ type, servedName, model, loraAdapter }: ServerConfig): string | undefined {
  // Any other name would make mlx_lm drop its model and load that one.
  if (type === "mlx-lm") return "default_model";
  if (type === "llama-server") return undefined;
  return loraAdapter === undefined ? (servedName ?? model) : `${servedName ?? model}-lora`;
}

function refuseUnsupported(config: ServerConfig): void {
  for (const [name, hint] of Object.entries(KINDS[config.type].refused)) {
    const value = name
      .split(".")
      .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], config);
    if (value !== undefined) {
      throw new HearthError("not-supported", `A server of type ${config.type} has no ${name}`, { hint });
    }
  }
}

/** A path names a file; what else there is, is a name on Hugging Face. */
function isFile(model: string): boolean {
  return /^[./~]|\.gguf$/.test(model);
}
