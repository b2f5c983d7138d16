import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { createApp } from "../../routes/app.ts";
import { ENDPOINTS } from "../../routes/endpoints.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";

/** As much of an OpenAPI document as is looked at. */
interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

/** Requests as people write them, each with the path that takes it. */
const REQUESTS: readonly [path: string, body: object][] = [
  ["/api/read_data", { data_source: { type: "csv", filename: "t.csv" } }],
  ["/api/read_data", { data_source: { type: "local", data: [{ a: 1 }] } }],
  ["/api/write_data", { data: { records: [{ a: 1 }] }, output: { type: "csv", filename: "out.csv" } }],
  ["/api/compute", { operation: "describe", data: [{ a: 1 }] }],
  [
    "/api/compute",
    { operation: "sql", sources: { t: { type: "csv", filename: "t.csv" } }, params: { query: "FROM t" } },
  ],
];

describe.each(TARGETS)("GET /openapi.json on %s", (target) => {
  let server: TestServer;
  let description: Description;
  beforeAll(async () => {
    server = await startServer(target);
    server.place.write("t.csv", "a\n1\n");
    description = (await (await server.get("/openapi.json")).json()) as Description;
  });
  afterAll(() => server.stop());

  const operation = (path: string, method: string) => description.paths[path]?.[method] as Operation;
  const validate = (schema: object | undefined, value: unknown) => {
    const ajv = new Ajv2020({ strict: false });
    return ajv.validate(schema ?? false, value) || ajv.errorsText();
  };

  test("is a valid OpenAPI 3.1 document", async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate({ ...structuredClone(description) });
    expect(errors).toBeUndefined();
    expect(valid).toBeTrue();
    expect(validator.version).toBe("3.1");
  });

  test("describes every endpoint, each with a summary and an id of its own", () => {
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary }]) => ({ path, method, summary })),
    );
    expect(described.map(({ path, method }) => `${method} ${path}`).toSorted()).toEqual(
      ENDPOINTS.map(({ path, method }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`).toSorted(),
    );
    for (const { summary = "" } of described) expect(summary.length).toBeGreaterThan(10);
    const ids = Object.values(description.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(REQUESTS)("%s: %o fits its description, and so does the answer", async (path, body) => {
    const { requestBody, responses } = operation(path, "post");
    expect(validate(requestBody?.content["application/json"]?.schema, body)).toBeTrue();
    const response = await server.post(path, body);
    expect(response.status).toBe(200);
    const schema = responses["200"]?.content["application/json"]?.schema;
    expect(validate(schema, await response.json())).toBeTrue();
  });

  test.each(["/api/ping", "/api/health", "/api/status", "/api/operations"])(
    "the answer of %s fits its description",
    async (path) => {
      const schema = operation(path, "get").responses["200"]?.content["application/json"]?.schema;
      expect(validate(schema, await (await server.get(path)).json())).toBeTrue();
    },
  );

  test("errors fit their description", async () => {
    const { responses } = operation("/api/read_data", "post");
    const response = await server.post("/api/read_data", {
      data_source: { type: "csv", filename: "no.csv" },
    });
    const schema = responses["4XX"]?.content["application/json"]?.schema;
    expect(validate(schema, await response.json())).toBeTrue();
  });

  test("a request with a wrong type does not fit", () => {
    const { requestBody } = operation("/api/compute", "post");
    const schema = requestBody?.content["application/json"]?.schema;
    expect(validate(schema, { operation: 5 })).toBeString();
  });
});

test("the described endpoints are the app's routes", () => {
  // Only the routes are looked at: no request reaches these parts.
  const parts = { hearth: { compute: { operations: [] } }, info: {}, control: {} };
  const app = createApp(parts as unknown as Parameters<typeof createApp>[0]);
  const routes = new Set(
    app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method.toLowerCase()} ${path}`),
  );
  const described = new Set(ENDPOINTS.map(({ method, path, route = path }) => `${method} ${route}`));
  expect([...routes].toSorted()).toEqual([...described].toSorted());
  // Routes that the quick router of Hono cannot take would cost every request of all the others.
  app.router.match("GET", "/api/ping");
  expect(app.router.name).toBe("SmartRouter + RegExpRouter");
});
