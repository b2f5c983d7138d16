import { describe, expect, test } from "bun:test";
import { Ajv } from "ajv";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { configJsonSchema } from "../../src/models/config/json-schema.ts";
import { PROJECT } from "../support/targets.ts";

const isValid = new Ajv({ strict: false }).compile(configJsonSchema());

test("the schema that ships is the current one: hearth config schema > docs/hearth.schema.json", () => {
  const shipped: unknown = JSON.parse(readFileSync(join(PROJECT, "docs/hearth.schema.json"), "utf8"));
  expect(shipped).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});

describe("the JSON Schema of hearth.yaml", () => {
  test.each([
    ["nothing", "{}"],
    ["settings", "port: 9000\nidleTimeout: 5m\nbodyLimit: 64MiB\nlog: {level: warn}\nroots: data"],
    ["a model", "models: {a: {cmd: 'x --port ${PORT}', ttl: 60, aliases: [b, {id: c, unlisted: true}]}}"],
    ["macros in place of numbers", "macros: {t: 5}\nmodels: {a: {cmd: x, ttl: '${t}', unlisted: '${u}'}}"],
    [
      "a typed server",
      "models: {a: {server: {type: mlx-lm, model: m, sampling: {temperature: 0.2}}, memory: 4GiB}}",
    ],
    ["keys it does not know", "models: {a: {cmd: x, later: 1}}\nsoon: true"],
    ["llama-swap's groups", "groups: {g: {swap: false, members: [a]}}\nhooks: {on_startup: {preload: [a]}}"],
  ])("takes %s", (_, yaml) => {
    expect([isValid(parse(yaml)), isValid.errors]).toEqual([true, null]);
  });

  test.each([
    ["a list for models", "models: [a]"],
    ["a word for a number", "models: {a: {cmd: x, ttl: soon}}"],
    ["an unknown server", "models: {a: {server: {type: ollama, model: m}}}"],
    ["a group without members", "groups: {g: {swap: true}}"],
    ["an unknown level", "log: {level: loud}"],
  ])("refuses %s", (_, yaml) => {
    expect(isValid(parse(yaml))).toBeFalse();
  });
});
