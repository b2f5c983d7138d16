import type * as v from "valibot";
import { type FaultCode, HearthError } from "../../src/errors.ts";
import { ErrorAnswer, InterfaceError, OpenaiErrorAnswer, TalkError } from "./answers/errors.ts";
import type { JsonSchema } from "./described.ts";
import type { ComponentWriter } from "./component-writer.ts";
import { shapeOf } from "../render-error.ts";

/** Every request may end so. */
export const ANY: readonly FaultCode[] = [
  "unauthorized",
  "host-refused",
  "origin-refused",
  "server-stopping",
  "internal",
];

/** A request whose work takes its time may be cancelled by the owner. */
const WORK: readonly FaultCode[] = ["request-cancelled"];

/** Of taking a body at all. */
export const BODY: readonly FaultCode[] = [
  "body-timeout",
  "body-too-large",
  "media-type-unsupported",
  ...WORK,
];

/** Of a JSON body. */
export const JSON_BODY: readonly FaultCode[] = ["json-invalid", "request-invalid", "too-busy", ...BODY];

/** Of finding and opening files. */
export const FILES: readonly FaultCode[] = [
  "request-invalid",
  "no-root",
  "path-outside",
  "path-protected",
  "permission-denied",
  "file-not-found",
  "not-a-file",
  "file-failed",
  ...WORK,
];

/** Of reading a table, from wherever. */
export const READING: readonly FaultCode[] = [
  ...FILES,
  "type-unknown",
  "data-invalid",
  "data-empty",
  "encoding-invalid",
  "column-unknown",
  "operation-unknown",
  "file-changed",
  "not-supported",
  "data-too-large",
  "read-timeout",
  "reader-unavailable",
  "function-failed",
  "query-failed",
  "memory-limit",
  "time-limit",
  "disk-full",
  "too-busy",
  "engine-stopped",
  "engine-unavailable",
];

/** Of writing a table. */
export const WRITING: readonly FaultCode[] = [
  ...FILES,
  "type-unknown",
  "data-invalid",
  "column-unknown",
  "not-supported",
  "data-too-large",
  "disk-full",
  "too-busy",
  "engine-stopped",
  "engine-unavailable",
];

/** Of choosing the answer's format. */
export const FORMAT: readonly FaultCode[] = ["format-unknown"];

/** Of SQL. */
export const QUERY: readonly FaultCode[] = ["query-invalid", "query-refused", "query-failed"];

/** Of a model that somebody wants. */
export const LOADING: readonly FaultCode[] = [
  "model-unknown",
  "model-unavailable",
  "queue-full",
  "queue-timeout",
  ...WORK,
];

/** Of asking a model's server. */
export const MODEL: readonly FaultCode[] = [...LOADING, "upstream-broken", "upstream-timeout"];

/** Of the owner's endpoints. */
export const CONTROL: readonly FaultCode[] = ["owner-only"];

const BODIES = {
  general: ErrorAnswer,
  interface: InterfaceError,
  talk: TalkError,
  openai: OpenaiErrorAnswer,
} as const satisfies Record<ReturnType<typeof shapeOf>, v.GenericSchema>;

const RETRY_AFTER = {
  "retry-after": {
    description: "Seconds after which to ask again",
    required: true,
    schema: { type: "integer", minimum: 0 },
  },
};
const AUTHENTICATE = {
  "www-authenticate": {
    description: "How to say who is asking",
    required: true,
    schema: { const: 'Bearer realm="hearth"' },
  },
};

/** The error answers of a path by status, each with the codes that it can carry. */
export function errorResponses(
  path: string,
  codes: readonly FaultCode[],
  writer: ComponentWriter,
  headers: JsonSchema,
  isHead: boolean,
): Record<string, object> {
  const shape = shapeOf(path);
  const body = writer.schema(BODIES[shape]);
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...ANY, ...codes])) {
    const { status } = new HearthError(code, "");
    const written = shape === "openai" && code === "model-unknown" ? "model_not_found" : code;
    byStatus.set(status, [...(byStatus.get(status) ?? []), written]);
  }
  const responses = [...byStatus].map(([status, known]) => {
    const code = { properties: { code: { enum: known } } };
    const told = shape === "openai" ? { properties: { error: code } } : code;
    const own = status === 429 || status === 503 ? RETRY_AFTER : status === 401 ? AUTHENTICATE : {};
    const response = {
      description: `${TITLES[status] ?? "Failed"}: ${known.join(", ")}`,
      headers: { ...headers, ...own },
      ...(isHead ? {} : { content: { "application/json": { schema: { allOf: [body, told] } } } }),
    };
    return [String(status), writer.response(`${isHead ? "head" : shape}-${status}`, response)] as const;
  });
  return Object.fromEntries(responses.toSorted(([a], [b]) => Number(a) - Number(b)));
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Malformed or invalid",
  401: "Not known who is asking",
  403: "Not allowed",
  404: "Not there",
  408: "The body did not come",
  409: "It changed meanwhile",
  413: "Too large",
  415: "A body that can't be read",
  422: "Well-formed, but it can't be done",
  429: "Too much at a time",
  499: "Cancelled",
  500: "A fault of hearth's own",
  502: "The model's server broke off",
  503: "Not now",
  504: "A time limit ran out",
};
