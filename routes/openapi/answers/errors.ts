import * as v from "valibot";
import { named, said } from "./parts.ts";

const BODY = {
  status: v.literal("error"),
  error_type: said(v.string(), "The Python class that lynguine's client sees"),
  error_message: said(v.string(), "What went wrong, for people"),
  traceback: said(v.literal(""), "Always empty: internals stay in the log"),
  code: said(v.string(), "hearth's own name of the failure, which stays the same"),
  hint: said(v.string(), 'What can be done; "" where nothing is known'),
  request_id: said(v.string(), "The same as in `x-request-id`: `hearth logs --request ID` finds it"),
};

/** The error body of most endpoints (section 1 of the wire contract), with hearth's own three fields. */
export const ErrorAnswer = v.pipe(v.object(BODY), named("Error"));

/** The one of `/api/interface/read`. */
export const InterfaceError = v.pipe(
  v.object({ ...BODY, error: said(v.string(), "The same as `error_message`"), value: v.null() }),
  named("InterfaceError"),
);

/** The one of `/api/talk/field`. */
export const TalkError = v.pipe(
  v.object({ ...BODY, error: said(v.string(), "The same as `error_message`"), value: v.literal("") }),
  named("TalkError"),
);

/** hearth's errors in OpenAI's shape. */
export const OpenaiErrorAnswer = v.pipe(
  v.object({
    error: v.object({
      message: v.string(),
      type: v.picklist([
        "invalid_request_error",
        "authentication_error",
        "permission_error",
        "rate_limit_error",
        "server_error",
      ]),
      param: v.nullable(v.string()),
      code: said(v.string(), "hearth's own name of the failure; `model_not_found` for model-unknown"),
      source: said(v.literal("hearth"), "Tells hearth's own errors from those of the model's server"),
      hint: v.string(),
      request_id: v.optional(v.string()),
    }),
  }),
  named("OpenaiError"),
);
