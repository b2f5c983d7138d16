import { HearthError, type Hints, reworded } from "../src/errors.ts";
import { openaiError } from "../src/models/proxy/openai-error.ts";
import { isOpenaiPath } from "./model-paths.ts";

/** Which shape an error body has: lynguine's general one, the one of its field endpoints, or OpenAI's. */
type ErrorShape = "general" | "interface" | "talk" | "openai";

/** The shape of the errors of a path. */
export function shapeOf(path: string): ErrorShape {
  if (path.endsWith("/api/interface/read")) return "interface";
  if (path.endsWith("/api/talk/field")) return "talk";
  return isOpenaiPath(path) ? "openai" : "general";
}

/**
 * Anything thrown, as hearth's own error; what is not one is our bug and says nothing to the caller.
 *
 * @param hints what to do in the words of who answers, where they are not the command line's
 */
export function toHearthError(error: unknown, hints: Hints): HearthError {
  return reworded(isHearthError(error) ? error : ourFault(error), hints);
}

/** Looking at what was thrown can throw too, where it is a proxy. */
function isHearthError(error: unknown): error is HearthError {
  try {
    return error instanceof HearthError;
  } catch {
    return false;
  }
}

function ourFault(cause: unknown): HearthError {
  return new HearthError("internal", "hearth failed while it handled this request", {
    cause,
    hint: "The log has the details under this request id: hearth logs --request ID",
  });
}

/**
 * The answer for an error, in lynguine's shape (contract section 1) with hearth's `code`, `hint` and `request_id`.
 * `traceback` is always empty: internals stay in the log.
 *
 * @param path of the request; the field endpoints carry `error` and `value` besides
 */
export function renderError(error: HearthError, path: string, requestId: string): Response {
  const shape = shapeOf(path);
  const lynguine = {
    status: "error",
    error_type: error.errorType,
    error_message: error.message,
    traceback: "",
    code: error.code,
    hint: error.hint ?? "",
    request_id: requestId,
    ...(shape === "general" ? {} : { error: error.message, value: shape === "talk" ? "" : null }),
  };
  const body = shape === "openai" ? openaiError(error, requestId) : lynguine;
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (error.status === 429 || error.status === 503)
    headers["retry-after"] = String(error.retryAfterSeconds ?? 1);
  if (error.status === 401) headers["www-authenticate"] = 'Bearer realm="hearth"';
  return new Response(JSON.stringify(body), { status: error.status, headers });
}
