/** Paths whose JSON body names the model, as llama-swap has them. */
export const JSON_PATHS = [
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/responses",
  "/v1/messages",
  "/v1/messages/count_tokens",
  "/v1/embeddings",
  "/v1/rerank",
  "/v1/reranking",
  "/rerank",
  "/reranking",
  "/v1/audio/speech",
  "/v1/images/generations",
  "/infill",
  "/completion",
  "/sdapi/v1/txt2img",
  "/sdapi/v1/img2img",
] as const;

/** Paths whose form has a field that names the model. */
export const FORM_PATHS = ["/v1/audio/transcriptions", "/v1/audio/translations", "/v1/images/edits"] as const;

/** Paths whose query names the model. */
export const QUERY_PATHS = ["/v1/audio/voices", "/sdapi/v1/loras", "/props"] as const;

const OPENAI_PATHS: ReadonlySet<string> = new Set([...JSON_PATHS, ...FORM_PATHS, ...QUERY_PATHS]);

/** True for paths whose errors have OpenAI's shape. */
export function isOpenaiPath(path: string): boolean {
  return path.startsWith("/v1/") || path.startsWith("/upstream/") || OPENAI_PATHS.has(path);
}

/** True for what only looks on: it neither keeps the server here nor resets its idle clock. */
export function isWatchPath(path: string): boolean {
  return path === "/metrics" || path === "/api/events" || path.startsWith("/logs/stream");
}
