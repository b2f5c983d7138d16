import { Ajv2020 } from "ajv/dist/2020.js";
import type { TestServer } from "./server.ts";

/** As much of an OpenAPI document as tests look at. */
export interface ApiDescription {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly security: readonly object[];
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description: string;
  readonly example?: unknown;
  readonly schema: object;
}

interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Content;
}

export type Content = Readonly<
  Record<
    string,
    { readonly schema: object; readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }
  >
>;

/** A server's description of itself, with what is referred to in the place of each reference. */
export async function describedApi(server: TestServer, headers = {}): Promise<ApiDescription> {
  const document: unknown = await (await server.get("/openapi.json", headers)).json();
  return withoutReferences(document) as ApiDescription;
}

function withoutReferences(document: unknown): unknown {
  const target = (pointer: string) =>
    pointer
      .split("/")
      .slice(1)
      .reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>>)[key], document);
  const text = JSON.stringify(document, (_, value: { readonly $ref?: unknown } | null) =>
    typeof value?.$ref === "string" ? target(value.$ref) : value,
  );
  return JSON.parse(text);
}

/** Every operation with its method and path. */
export function operationsOf({ paths }: ApiDescription) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });

/** True when a value fits a schema; else what is wrong. */
export function fits(schema: object | undefined, value: unknown): true | string {
  return ajv.validate(schema ?? false, value) || ajv.errorsText();
}

/** As `fits`; a field that the schema does not tell of is wrong too. */
export function fitsWholly(schema: object | undefined, value: unknown): true | string {
  return fits(closed(schema ?? {}), value);
}

/** A schema whose objects have no other fields than those that it tells. */
function closed(schema: object): object {
  const text = JSON.stringify(schema, (_, value: { readonly type?: unknown } | null) => {
    const isOpen = value?.type === "object" && "properties" in value && !("additionalProperties" in value);
    return isOpen ? { ...value, additionalProperties: false } : value;
  });
  return JSON.parse(text) as object;
}
