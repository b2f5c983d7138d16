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

const CALLS: ReadonlySet<string> = new Set([
  ...[...JSON_PATHS, ...FORM_PATHS].map((path) => `POST ${path}`),
  ...QUERY_PATHS.map((path) => `GET ${path}`),
]);

/**
 * True for what a client of an API asks of a model: those paths exactly as they are written here, by their method. Anything
 * encoded, doubled or longer is none.
 */
export function isModelCall(method: string, path: string): boolean {
  return CALLS.has(`${method} ${path}`);
}

/** True for the list of a server's models. */
export function isModelList(method: string, path: string): boolean {
  return method === "GET" && path === "/v1/models";
}

const WITH_FORM: ReadonlySet<string> = new Set(FORM_PATHS);
const WITHOUT_BODY: ReadonlySet<string> = new Set([...QUERY_PATHS, "/v1/models"]);

/** Where a call of the API has its model. */
export function bodyOfCall(path: string): "form" | "json" | "none" {
  if (WITH_FORM.has(path)) return "form";
  return WITHOUT_BODY.has(path) ? "none" : "json";
}

/** True for paths whose errors have OpenAI's shape. */
export function isOpenaiPath(path: string): boolean {
  return path.startsWith("/v1/") || path.startsWith("/upstream/") || OPENAI_PATHS.has(path);
}

/** True for what only looks on: it neither keeps the server here nor resets its idle clock. */
export function isWatchPath(path: string): boolean {
  return path === "/metrics" || path === "/api/events" || path.startsWith("/logs/stream");
}
