import type { HearthClient } from "../../client/client.ts";
import { chatRequest } from "../../client/models.ts";
import { sseData } from "../../client/sse-data.ts";

/** What is asked of a model. */
export interface Prompt {
  readonly model: string;
  readonly text: string;
  readonly maxTokens: number;
}

/** One answered request; times in seconds from when it should have been sent. */
export interface RequestTimes {
  /** Until the first token. */
  readonly firstToken: number;
  /** Until the end. */
  readonly total: number;
  /** Between pieces that came one after the other; those that came together are 0 apart. */
  readonly gaps: readonly number[];
  /** From the first token to the last, for each of those behind the first; undefined for an answer of one. */
  readonly perToken: number | undefined;
  /** By the server's own count, else the pieces that came. */
  readonly tokens: number;
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null; readonly reasoning_content?: string | null };
  }[];
  readonly usage?: { readonly completion_tokens?: number } | null;
  readonly error?: { readonly message?: string } | string;
}

/**
 * Asks for a streamed answer and times its tokens.
 *
 * @param dueMs when it should have been sent, by `performance.now()`: what it waited for us counts as well
 * @throws whatever the request or the stream failed with
 */
export async function measureRequest(
  client: HearthClient,
  { maxTokens, model, text }: Prompt,
  dueMs: number,
  signal?: AbortSignal,
): Promise<RequestTimes> {
  const body = {
    model,
    messages: [{ role: "user", content: text }],
    max_tokens: maxTokens,
    stream: true,
    stream_options: { include_usage: true },
  };
  const stream = await client.stream(chatRequest(body, signal));
  const times: number[] = [];
  let counted: number | undefined;
  let isDone = false;
  for await (const data of sseData(stream)) {
    if (data === "[DONE]") {
      isDone = true;
      break;
    }
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error !== undefined) {
      throw new Error(
        typeof chunk.error === "string" ? chunk.error : (chunk.error.message ?? "the server failed"),
      );
    }
    counted = chunk.usage?.completion_tokens ?? counted;
    const delta = chunk.choices?.[0]?.delta;
    if ((delta?.content ?? delta?.reasoning_content ?? "") !== "") times.push(performance.now());
  }
  const endMs = performance.now();
  const [first] = times;
  if (!isDone) throw new Error("the stream ended without [DONE]");
  if (first === undefined) throw new Error("the answer has no token");
  const tokens = counted ?? times.length;
  const last = times.at(-1) as number;
  return {
    firstToken: (first - dueMs) / 1000,
    total: (endMs - dueMs) / 1000,
    gaps: times.slice(1).map((time, i) => (time - (times[i] as number)) / 1000),
    perToken: tokens < 2 ? undefined : (last - first) / 1000 / (tokens - 1),
    tokens,
  };
}
