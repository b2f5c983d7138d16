import type { FORM_PATHS, JSON_PATHS } from "../model-paths.ts";
import type { JsonSchema } from "./described.ts";

/** What a path's JSON body usually has beside the model, and one request with its answer. */
interface JsonRequest {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly request: object;
  readonly answer: unknown;
}

const TEXT: JsonSchema = { type: "string" };
const NUMBER: JsonSchema = { type: "number" };
const FLAG: JsonSchema = { type: "boolean" };
const TEXTS: JsonSchema = { type: ["string", "array"], description: "A text, or several" };

const SAMPLING = {
  temperature: NUMBER,
  top_p: NUMBER,
  stream: { ...FLAG, description: "The answer as server-sent events" },
};
const MESSAGES: JsonSchema = {
  type: "array",
  items: {
    type: "object",
    required: ["role"],
    properties: { role: TEXT, content: { description: "A text, or parts" } },
  },
};
const HELLO = [{ role: "user", content: "Say hello" }];

const COMPLETION = {
  object: "text_completion",
  choices: [{ index: 0, text: " a time", finish_reason: "stop" }],
};

const RERANK: JsonRequest = {
  properties: { query: TEXT, documents: { type: "array" }, top_n: NUMBER },
  request: { model: "tiny", query: "warm", documents: ["a warm hearth", "cold ashes"] },
  answer: { results: [{ index: 0, relevance_score: 0.9 }] },
};

const IMAGE: JsonRequest = {
  properties: { prompt: TEXT, steps: NUMBER, width: NUMBER, height: NUMBER },
  request: { model: "tiny", prompt: "a hearth" },
  answer: { images: ["iVBORw0KGgo="] },
};

/** By path. Field names are those of OpenAI's, Anthropic's, llama.cpp's and Stable Diffusion's own APIs. */
export const JSON_REQUESTS: Readonly<Record<(typeof JSON_PATHS)[number], JsonRequest>> = {
  "/v1/chat/completions": {
    properties: { messages: MESSAGES, max_completion_tokens: NUMBER, tools: { type: "array" }, ...SAMPLING },
    request: { model: "tiny", messages: HELLO },
    answer: {
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content: "Hello!" }, finish_reason: "stop" }],
    },
  },
  "/v1/completions": {
    properties: { prompt: TEXTS, max_tokens: NUMBER, ...SAMPLING },
    request: { model: "tiny", prompt: "Once upon" },
    answer: COMPLETION,
  },
  "/v1/responses": {
    properties: { input: TEXTS, instructions: TEXT, ...SAMPLING },
    request: { model: "tiny", input: "Say hello" },
    answer: {
      object: "response",
      output: [{ type: "message", content: [{ type: "output_text", text: "Hello!" }] }],
    },
  },
  "/v1/messages": {
    properties: { messages: MESSAGES, system: TEXTS, max_tokens: NUMBER, ...SAMPLING },
    request: { model: "tiny", max_tokens: 64, messages: HELLO },
    answer: { type: "message", role: "assistant", content: [{ type: "text", text: "Hello!" }] },
  },
  "/v1/messages/count_tokens": {
    properties: { messages: MESSAGES, system: TEXTS },
    request: { model: "tiny", messages: HELLO },
    answer: { input_tokens: 9 },
  },
  "/v1/embeddings": {
    properties: { input: TEXTS, dimensions: NUMBER, encoding_format: TEXT },
    request: { model: "tiny", input: "warm" },
    answer: { object: "list", data: [{ object: "embedding", index: 0, embedding: [0.1, 0.2] }] },
  },
  "/v1/rerank": RERANK,
  "/v1/reranking": RERANK,
  "/rerank": RERANK,
  "/reranking": RERANK,
  "/v1/audio/speech": {
    properties: { input: TEXT, voice: TEXT, response_format: TEXT, speed: NUMBER },
    request: { model: "tiny", input: "Hello", voice: "alloy" },
    answer: "the sound, in the format that was asked for",
  },
  "/v1/images/generations": {
    properties: { prompt: TEXT, n: NUMBER, size: TEXT, response_format: TEXT },
    request: { model: "tiny", prompt: "a hearth" },
    answer: { data: [{ b64_json: "iVBORw0KGgo=" }] },
  },
  "/infill": {
    properties: { input_prefix: TEXT, input_suffix: TEXT, n_predict: NUMBER, ...SAMPLING },
    request: { model: "tiny", input_prefix: "function add(", input_suffix: ") {}" },
    answer: { content: "a, b" },
  },
  "/completion": {
    properties: { prompt: TEXTS, n_predict: NUMBER, ...SAMPLING },
    request: { model: "tiny", prompt: "Once upon" },
    answer: { content: " a time" },
  },
  "/sdapi/v1/txt2img": IMAGE,
  "/sdapi/v1/img2img": {
    ...IMAGE,
    properties: { ...IMAGE.properties, init_images: { type: "array" } },
    request: { model: "tiny", prompt: "a hearth", init_images: ["iVBORw0KGgo="] },
  },
};

/** What a path's form usually has beside the model. */
export const FORM_FIELDS: Readonly<
  Record<
    (typeof FORM_PATHS)[number],
    { readonly fields: readonly string[]; readonly files: readonly string[] }
  >
> = {
  "/v1/audio/transcriptions": { files: ["file"], fields: ["language", "prompt", "response_format"] },
  "/v1/audio/translations": { files: ["file"], fields: ["prompt", "response_format"] },
  "/v1/images/edits": { files: ["image", "mask"], fields: ["prompt", "n", "size", "response_format"] },
};
