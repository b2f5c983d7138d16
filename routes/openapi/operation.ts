import type { Endpoint } from "../endpoints.ts";
import type { Answer, Content, Described, JsonSchema, Parameter } from "./described.ts";
import type { FaultCode } from "../../src/errors.ts";
import type { Right } from "../key-access.ts";
import { errorResponses } from "./errors.ts";
import type { ComponentWriter } from "./component-writer.ts";

/** An operation's object in the document, such as stands under `paths./api/compute.post`. */
export type Operation = Readonly<Record<string, unknown>>;

/** Headers of every answer. */
export const COMMON_HEADERS = {
  "x-request-id": {
    description: "The caller's own, or one that was made; the log has it too",
    required: true,
    schema: { type: "string", pattern: "^[\\w.:-]{1,64}$" },
  },
  "x-hearth-version": {
    description: "hearth's version",
    required: true,
    schema: { type: "string" },
  },
};

/** Of answers for which files were read whose names or contents hold variables. */
export const OWNER_HEADERS = {
  "x-hearth-variables": {
    description: "To an owner: variables that files name and the request did not bring, with commas between",
    schema: { type: "string" },
  },
};

const references = (headers: object): JsonSchema =>
  Object.fromEntries(Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Groups whose endpoints read such files. */
const NAMES_VARIABLES: ReadonlySet<string> = new Set(["interface", "sessions"]);

/** Describes one endpoint by one of its methods. */
export function describeOperation(
  { isOpenWithoutKeys, path, right, summary, tag }: Omit<Endpoint, "isChangingGet" | "method" | "route">,
  method: string,
  described: Described,
  writer: ComponentWriter,
): Operation {
  const isHead = method === "head";
  const { body, description } = described;
  const parameters = [
    ...parametersIn("path", described.path),
    ...parametersIn("query", described.query),
    ...parametersIn("header", described.headers),
  ];
  const headers = references(
    NAMES_VARIABLES.has(tag) ? { ...COMMON_HEADERS, ...OWNER_HEADERS } : COMMON_HEADERS,
  );
  const { others = {}, ...success } = described.answer;
  const answers = { 200: success, ...others };
  const written = Object.entries(answers).map(
    ([status, answer]) => [status, response(answer, headers, isHead, writer)] as const,
  );
  const errors = errorResponses(path, [...described.errors, ...refusals(right)], writer, headers, isHead);
  return {
    operationId: operationId(method, path),
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(right === "anyone" ? { security: [] } : {}),
    "x-hearth-right": right,
    ...(isOpenWithoutKeys ? { "x-hearth-open-without-keys": true } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined || isHead
      ? {}
      : { requestBody: { required: body.isRequired, content: contentOf(body.content, writer) } }),
    responses: { ...Object.fromEntries(written), ...errors },
  };
}

/** How a caller without the right is refused. */
function refusals(right: Right): readonly FaultCode[] {
  if (right === "anyone" || right === "model") return [];
  if (right === "owner") return ["owner-only"];
  return right === "guest" ? ["key-forbidden"] : ["key-forbidden", "owner-only"];
}

/** `getApiSessionsId` for `get /api/sessions/:id`. */
function operationId(method: string, path: string): string {
  return `${method}${path.replaceAll(/[^A-Za-z0-9]+([A-Za-z0-9]?)/g, (_, next: string) => next.toUpperCase())}`;
}

function parametersIn(place: string, parameters: Readonly<Record<string, Parameter>> = {}): object[] {
  return Object.entries(parameters).map(([name, { description, example, isRequired, schema }]) => ({
    name,
    in: place,
    required: isRequired === true,
    description,
    schema,
    ...(example === undefined ? {} : { example }),
  }));
}

function response(
  answer: Omit<Answer, "others">,
  common: JsonSchema,
  isHead: boolean,
  writer: ComponentWriter,
): object {
  const { content, description, headers = {}, links } = answer;
  return {
    description,
    headers: { ...common, ...headers },
    ...(isHead || Object.keys(content).length === 0 ? {} : { content: contentOf(content, writer) }),
    ...(links === undefined ? {} : { links }),
  };
}

function contentOf(content: Content, writer: ComponentWriter): object {
  const written = Object.entries(content).map(([type, { examples = {}, schema }]) => {
    const named = Object.entries(examples).map(([name, value]) => [name, { summary: name, value }] as const);
    const shown = named.length === 0 ? {} : { examples: Object.fromEntries(named) };
    return [type, { schema: writer.schema(schema), ...shown }] as const;
  });
  return Object.fromEntries(written);
}
