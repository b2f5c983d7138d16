/** Which server it is. */
export type ServerType = "mlx-lm" | "llama-server" | "vllm";

/** What a request gets that doesn't say it itself. */
export interface SamplingDefaults {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly minP?: number | undefined;
  /** Tokens. */
  readonly maxTokens?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
  /** Tokens that the repetition penalty looks back. */
  readonly repetitionContextSize?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop?: string | readonly string[] | undefined;
}

/** Bounds of the prompts that a server keeps. */
export interface PromptCacheBounds {
  readonly entries?: number | undefined;
  readonly bytes?: number | undefined;
}

export interface ServerOptions {
  readonly type: ServerType;
  /** Path of the model, or its name on Hugging Face. */
  readonly model: string;
  /** What to run in place of the server's own name, such as `["/venv/bin/python", "-m", "mlx_lm", "server"]`. */
  readonly program?: readonly [string, ...string[]] | undefined;
  /** Default "127.0.0.1". */
  readonly host?: string | undefined;
  /** Default 8080; a text such as "${PORT}" is put into the command as it is. */
  readonly port?: number | string | undefined;
  /** The name that the server is to be asked by, where it can be told one. */
  readonly servedName?: string | undefined;
  /** Path of a LoRA adapter. */
  readonly loraAdapter?: string | undefined;
  readonly draftModel?: string | undefined;
  /** Tokens that the draft model guesses at a time. */
  readonly draftTokens?: number | undefined;
  /** Longest context, in tokens. */
  readonly contextSize?: number | undefined;
  readonly promptCache?: PromptCacheBounds | undefined;
  readonly sampling?: SamplingDefaults | undefined;
  /** Further arguments, as they are. */
  readonly args?: readonly string[] | undefined;
}

/** A model server that hearth knows the command line of; immutable. `createServerConfig` makes it. */
export interface ServerConfig extends ServerOptions {
  readonly host: string;
  readonly port: number | string;
  /** Where it answers, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
}

/**
 * A server's configuration with its defaults, frozen.
 *
 * @example createServerConfig({ type: "mlx-lm", model: "mlx-community/Qwen3-4B-4bit", port: 8081 })
 */
export function createServerConfig(options: ServerOptions): ServerConfig {
  const { host = "127.0.0.1", port = 8080 } = options;
  // A server that listens everywhere is asked on this machine.
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const authority = reachable.includes(":") ? `[${reachable}]` : reachable;
  return freeze({ ...structuredClone(options), host, port, baseUrl: `http://${authority}:${port}` });
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
