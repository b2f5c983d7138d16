import type { HearthError } from "../../errors.ts";

/** An error in the shape of OpenAI's API: https://platform.openai.com/docs/guides/error-codes */
export interface OpenaiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    /** Tells that the gateway speaks, and not the model's server. */
    readonly source: "hearth";
    readonly hint: string;
    readonly request_id?: string;
  };
}

/** hearth's error in OpenAI's shape. */
export function openaiError(error: HearthError, requestId?: string): OpenaiError {
  return {
    error: {
      message: error.message,
      type: typeOf(error.status),
      param: error.code === "model-unknown" ? "model" : null,
      code: error.code === "model-unknown" ? "model_not_found" : error.code,
      source: "hearth",
      hint: error.hint ?? "",
      ...(requestId === undefined ? {} : { request_id: requestId }),
    },
  };
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
