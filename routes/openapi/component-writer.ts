import { type ConversionConfig, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import type { DescribedAs } from "../schemas.ts";
import type { JsonSchema, Media } from "./described.ts";

/** Writes what many places refer to down once, as the document's components. */
export interface ComponentWriter {
  /** A schema as JSON Schema; one with a name becomes a component and is referred to. */
  schema(schema: Media["schema"]): JsonSchema;
  /** A response that others may have too; `name` is numbered when another one has it. */
  response(name: string, response: object): JsonSchema;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  readonly responses: Readonly<Record<string, object>>;
}

/** @param given schemas that are written by hand */
export function createComponentWriter(given: Readonly<Record<string, JsonSchema>>): ComponentWriter {
  const schemas: Record<string, JsonSchema> = { ...given };
  const responses: Record<string, object> = {};
  const names = new Map<string, string>();
  const config: ConversionConfig = {
    // What is checked by a function has its words in `DescribedAs`.
    errorMode: "ignore",
    overrideAction({ jsonSchema, valibotAction }) {
      if (valibotAction.type !== "metadata") return undefined;
      const { json = {}, ref } = (valibotAction as unknown as { metadata: DescribedAs }).metadata;
      const { json: _json, ref: _ref, ...own } = jsonSchema as Record<string, unknown>;
      if (ref === undefined) return merged(own, json);
      schemas[ref] ??= own;
      return { $ref: `#/components/schemas/${ref}` };
    },
  };
  return {
    schemas,
    responses,
    response(name, response) {
      const written = JSON.stringify(response);
      let known = names.get(written);
      if (known === undefined) {
        const count = Object.keys(responses).filter((other) => other.startsWith(`${name}-`)).length;
        known = `${name}-${count + 1}`;
        names.set(written, known);
        responses[known] = response;
      }
      return { $ref: `#/components/responses/${known}` };
    },
    schema(schema) {
      if (!isValibot(schema)) return schema;
      const { $schema: _, ...written } = toJsonSchema(schema, config);
      return written;
    },
  };
}

function isValibot(schema: Media["schema"]): schema is v.GenericSchema {
  return "~standard" in schema;
}

/** Valibot's own `required` has only what valibot itself demands. */
function merged(own: JsonSchema, more: JsonSchema): Record<string, never> {
  const required = [
    ...((own["required"] as string[] | undefined) ?? []),
    ...((more["required"] as string[]) ?? []),
  ];
  const named = required.length === 0 ? {} : { required };
  const { required: _, ...rest } = { ...own, ...more } as Record<string, unknown>;
  return { ...rest, ...named } as Record<string, never>;
}
