import type { ModelFacts } from "../models/model-facts.ts";
import type { RequestOptions } from "./options.ts";
import type { ClientRequest } from "./send.ts";

export type { ModelFacts };

/** `GET /api/models`. */
export function modelsRequest(options: RequestOptions): ClientRequest {
  return { method: "GET", path: "/api/models", ...options };
}

/** `POST /api/models/load/ID`. */
export function loadRequest(name: string, options: RequestOptions): ClientRequest {
  return { method: "POST", path: `/api/models/load/${modelPath(name)}`, isRepeatable: false, ...options };
}

/** `POST /api/models/unload`, of one model or of all. */
export function unloadRequest(name: string | undefined, options: RequestOptions): ClientRequest {
  const path = name === undefined ? "/api/models/unload" : `/api/models/unload/${modelPath(name)}`;
  return { method: "POST", path, isRepeatable: false, ...options };
}

/** A model's id in a path: its slashes stay. */
export function modelPath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

/** `POST /v1/chat/completions`, never repeated by itself: an answer costs time, and would be another one. */
export function chatRequest(body: object, signal?: AbortSignal): ClientRequest {
  return {
    method: "POST",
    path: "/v1/chat/completions",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    isRepeatable: false,
    ...(signal === undefined ? {} : { signal }),
  };
}
