import { toJsonSchema, type JsonSchema as ValibotJsonSchema } from "@valibot/to-json-schema";
import { SETTING_KEYS, type SettingKey } from "../../config/keys.ts";
import { expectedOf, type SettingKind } from "../../config/kinds.ts";
import { MODEL_KEYS } from "../../config/model-keys.ts";
import { ModelSectionsSchema } from "./schema.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** Draft 7 is what editors' YAML plugins read. */
const DRAFT = "http://json-schema.org/draft-07/schema#";

const TEXT = { type: "string" } as const;
const TEXTS = { anyOf: [TEXT, { type: "array", items: TEXT }] } as const;
const QUANTITY = { anyOf: [TEXT, { type: "number" }] } as const;

const KIND_SCHEMAS = {
  host: TEXT,
  port: QUANTITY,
  duration: QUANTITY,
  size: QUANTITY,
  path: TEXT,
  paths: TEXTS,
  hosts: TEXTS,
  origins: TEXTS,
  level: { enum: ["debug", "info", "warn", "error", "silent"] },
  count: QUANTITY,
  guestWrites: { enum: ["data", "any", "none"] },
  variables: TEXTS,
  boolean: { type: "boolean" },
  secret: TEXT,
} satisfies Record<SettingKind, JsonSchema>;

const WITHOUT_EFFECT = { description: "Accepted for llama-swap's sake; without effect here" };

/**
 * The JSON Schema of `hearth.yaml`, for completion and checks in editors: hearth's settings, and llama-swap's sections
 * with hearth's own keys in them. Unknown keys are allowed, as they are by hearth.
 */
export function configJsonSchema(): JsonSchema {
  const models = toJsonSchema(ModelSectionsSchema, {
    typeMode: "input",
    errorMode: "ignore",
    target: "draft-07",
    // Schemas that take several types say themselves what they are for an editor.
    overrideAction: ({ valibotAction }) =>
      "metadata" in valibotAction
        ? (valibotAction.metadata as { shown: ValibotJsonSchema }).shown
        : undefined,
  }) as { readonly properties: Readonly<Record<string, JsonSchema>> };
  return {
    $schema: DRAFT,
    title: "hearth.yaml",
    type: "object",
    properties: {
      extends: { const: "user", description: "Take the models of the user's own config too" },
      ...settingProperties(SETTING_KEYS),
      ...Object.fromEntries(MODEL_KEYS.map((key) => [key, models.properties[key] ?? WITHOUT_EFFECT])),
    },
  };
}

/** Settings as properties; a dot in a key leads into a mapping. */
function settingProperties(keys: readonly SettingKey[]): Record<string, JsonSchema> {
  const properties: Record<string, JsonSchema> = {};
  for (const { key, kind, description, default: usual } of keys) {
    const shown = usual === undefined ? {} : { default: usual };
    const schema = { ...KIND_SCHEMAS[kind], description: `${description}: ${expectedOf(kind)}`, ...shown };
    const [outer = key, inner] = key.split(".");
    if (inner === undefined) properties[outer] = schema;
    else {
      const { properties: others } = (properties[outer] ?? {}) as { properties?: JsonSchema };
      properties[outer] = { type: "object", properties: { ...others, [inner]: schema } };
    }
  }
  return properties;
}
