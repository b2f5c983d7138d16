import type { LoadingState } from "../config/types.ts";
import { sseComment, sseEvent } from "./sse.ts";

const TELL_MS = 5000;

/** What a streaming client is told while its model loads. */
export interface LoadingNews {
  /** Begins to tell, at once and then every five seconds, until `end`. */
  begin(send: (bytes: Uint8Array) => void): void;
  end(): void;
}

/** News of a model's loading, as SSE comments or in the reasoning field of a chat's chunks. */
export function loadingNews(kind: Exclude<LoadingState, "none">, model: string): LoadingNews {
  const beganMs = performance.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const text = () => `${model} is loading, ${((performance.now() - beganMs) / 1000).toFixed(0)} s`;
  return {
    begin(send) {
      const tell = () =>
        send(kind === "comments" ? sseComment(text()) : reasoningChunk(model, `${text()}\n`));
      tell();
      timer = setInterval(tell, TELL_MS);
    },
    end() {
      clearInterval(timer);
    },
  };
}

/** A chunk of a chat completion, in the shape of OpenAI's API with the reasoning field that chat pages show. */
function reasoningChunk(model: string, text: string): Uint8Array {
  return sseEvent({
    id: "hearth-loading",
    object: "chat.completion.chunk",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, delta: { role: "assistant", reasoning_content: text }, finish_reason: null }],
  });
}
