import { HearthError } from "../errors.ts";

/**
 * Why a model's server failed, without what the server printed: the first line is hearth's own, those after it name
 * programs or are the end of the server's output, which may hold prompts, paths and keys.
 */
export function withoutOutput(reason: string): string {
  return reason.split("\n", 1)[0] as string;
}

/** A failure as a caller may see it, with or without the output of the model's server. */
export function shownTo(error: HearthError, seesOutput: boolean): HearthError {
  const { code, message } = error;
  if (seesOutput || code !== "model-unavailable" || !message.includes("\n")) return error;
  const { cause, errorType, hint, requestId, retryAfterSeconds, status } = error;
  const told = hint === undefined ? {} : { hint };
  return new HearthError(code, withoutOutput(message), {
    ...told,
    cause,
    errorType,
    status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
