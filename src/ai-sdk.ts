import type { OpenAICompatibleProvider } from "@ai-sdk/openai-compatible";
import { requestDefaults, upstreamNameOf } from "./models/command/build-command.ts";
import type { ServerConfig } from "./models/command/server-config.ts";

/** A model that hearth serves, or any server of OpenAI's API. */
export interface ServedModel {
  /** Address without `/v1`, such as `http://127.0.0.1:8765`. */
  readonly baseUrl: string;
  /** The name that the server knows it by: its id in hearth's config. */
  readonly model: string;
  readonly apiKey?: string | undefined;
}

/** A language model of the Vercel AI SDK, for `generateText`, `streamText` and so on. */
export type AiSdkModel = ReturnType<OpenAICompatibleProvider["chatModel"]>;

/**
 * An AI SDK model for a server's config, or for a model that hearth serves. What the config says of sampling and this
 * server takes with requests only goes with each. Needs the package `@ai-sdk/openai-compatible`, which is loaded now.
 *
 * @example
 * const model = await createServerModel({ baseUrl: "http://127.0.0.1:8765", model: "qwen" });
 * const { text } = await generateText({ model, prompt: "Why is the sky blue?" });
 */
export async function createServerModel(config: ServerConfig | ServedModel): Promise<AiSdkModel> {
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const isServer = "type" in config;
  const apiKey = isServer ? undefined : config.apiKey;
  const provider = createOpenAICompatible({
    name: "hearth",
    baseURL: `${config.baseUrl}/v1`,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(isServer
      ? { transformRequestBody: (body) => ({ ...requestDefaults(config), ...defined(body) }) }
      : {}),
  });
  return provider.chatModel(isServer ? (upstreamNameOf(config) ?? config.model) : config.model);
}

/** The SDK names every parameter, those that nobody set as undefined. */
function defined(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
