import type * as v from "valibot";
import { nearestName } from "../../nearest.ts";

/** A key that the schema doesn't know, and the known one that is most like it. */
export interface UnknownKey {
  readonly path: readonly string[];
  readonly nearest: string | undefined;
}

interface SchemaParts {
  readonly type: string;
  readonly entries?: Readonly<Record<string, SchemaParts>>;
  readonly value?: SchemaParts;
  readonly item?: SchemaParts;
  readonly wrapped?: SchemaParts;
  readonly pipe?: readonly SchemaParts[];
}

/** The keys of a value that a schema of loose mappings would take in silence. */
export function unknownKeys(schema: v.GenericSchema, value: unknown): readonly UnknownKey[] {
  return look(schema as unknown as SchemaParts, value, []);
}

function look(schema: SchemaParts, value: unknown, path: readonly string[]): readonly UnknownKey[] {
  if (schema.wrapped !== undefined) return look(schema.wrapped, value, path);
  if (schema.pipe !== undefined && schema.type !== "loose_object")
    return look(first(schema.pipe), value, path);
  if (typeof value !== "object" || value === null) return [];
  if (schema.type === "array" && Array.isArray(value) && schema.item !== undefined) {
    const { item } = schema;
    return value.flatMap((each, index) => look(item, each, [...path, String(index)]));
  }
  if (Array.isArray(value)) return [];
  if (schema.type === "record" && schema.value !== undefined) {
    const { value: inner } = schema;
    return Object.entries(value).flatMap(([key, each]) => look(inner, each, [...path, key]));
  }
  if (schema.type !== "loose_object" || schema.entries === undefined) return [];
  const { entries } = schema;
  return Object.entries(value).flatMap(([key, each]) => {
    const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (entry !== undefined) return look(entry, each, [...path, key]);
    return [{ path: [...path, key], nearest: nearestName(key, Object.keys(entries)) }];
  });
}

function first(pipe: readonly SchemaParts[]): SchemaParts {
  const [schema] = pipe;
  // A pipe starts with itself, without the pipe.
  const { pipe: _, ...bare } = schema as SchemaParts;
  return bare;
}
