import type * as v from "valibot";
import type { FaultCode } from "../../src/errors.ts";

/** JSON Schema of draft 2020-12, which OpenAPI 3.1 takes. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What the description says of one endpoint beside its path and summary. */
export interface Described {
  readonly description?: string;
  /** Parameters in the path, by name; each that the path has. */
  readonly path?: Readonly<Record<string, Parameter>>;
  readonly query?: Readonly<Record<string, Parameter>>;
  /** Request headers of its own. */
  readonly headers?: Readonly<Record<string, Parameter>>;
  readonly body?: Body;
  readonly answer: Answer;
  /** The failures that it can end in, beside those of every request. */
  readonly errors: readonly FaultCode[];
  /** HEAD is described too; it is answered wherever GET is. */
  readonly hasHead?: boolean;
}

export interface Parameter {
  readonly description: string;
  readonly schema: JsonSchema;
  readonly isRequired?: boolean;
  readonly example?: unknown;
}

export interface Body {
  readonly isRequired: boolean;
  readonly content: Content;
}

/** A successful answer. */
export interface Answer {
  readonly description: string;
  readonly content: Content;
  /** Headers of its own. */
  readonly headers?: Readonly<Record<string, Header>>;
  /** Requests that go on from it. */
  readonly links?: Readonly<Record<string, object>>;
  /** Other answers by status, or `default`: of a model's server, which may answer anything. */
  readonly others?: Readonly<Record<string, Omit<Answer, "others">>>;
}

export interface Header {
  readonly description: string;
  readonly schema: JsonSchema;
}

/** By media type. */
export type Content = Readonly<Record<string, Media>>;

export interface Media {
  /** Valibot's, or JSON Schema. */
  readonly schema: v.GenericSchema | JsonSchema;
  /** By name, with the name as its summary. Those of a request and of its answer that have one name belong together. */
  readonly examples?: Readonly<Record<string, unknown>>;
}

/** Descriptions by method and path, such as `post /api/compute`. */
export type DescribedByEndpoint = Readonly<Record<string, Described>>;

/** JSON content. */
export function json(schema: Media["schema"], examples?: Media["examples"]): Content {
  return { "application/json": { schema, examples } };
}

/** A JSON answer. */
export function answers(description: string, schema: Media["schema"], examples?: Media["examples"]): Answer {
  return { description, content: json(schema, examples) };
}

/** A JSON body. */
export function takes(schema: Media["schema"], examples?: Media["examples"]): Body {
  return { isRequired: true, content: json(schema, examples) };
}

/** Plain text. */
export function plain(description: string, schema: JsonSchema, example: string): Answer {
  return {
    description,
    content: { "text/plain": { schema: { type: "string", ...schema }, examples: { text: example } } },
  };
}

/** Server-sent events. */
export const EVENT_STREAM = "text/event-stream";

/** A parameter that is text. */
export function text(
  description: string,
  more: Omit<Parameter, "description" | "schema"> & JsonSchema = {},
): Parameter {
  const { isRequired, example, ...schema } = more;
  return { description, isRequired: isRequired === true, example, schema: { type: "string", ...schema } };
}

/** A parameter that is a whole number. */
export function wholeNumber(description: string, schema: JsonSchema = {}): Parameter {
  return { description, schema: { type: "integer", ...schema } };
}

/** Parts that a path's name cannot be without. */
export function pathText(description: string, example: string, schema: JsonSchema = {}): Parameter {
  return { description, isRequired: true, example, schema: { type: "string", minLength: 1, ...schema } };
}

/** The same description under several methods and paths. */
export function under(endpoints: readonly string[], described: Described): DescribedByEndpoint {
  return Object.fromEntries(endpoints.map((endpoint) => [endpoint, described]));
}
