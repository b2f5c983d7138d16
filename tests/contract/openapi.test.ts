import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { createApp } from "../../routes/app.ts";
import { ENDPOINTS } from "../../routes/endpoints.ts";
import { describeApi } from "../../routes/openapi/document.ts";
import { SESSION_OPERATIONS } from "../../src/sessions/operations.ts";
import { type ApiDescription, describedApi, fits, operationsOf } from "../support/api-description.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";

const OPERATION = "{operation}";

/** The one endpoint for a session's operations is described by each of them; by GET those that need nothing. */
function described({ method, path }: { readonly method: string; readonly path: string }): string[] {
  const written = path.replaceAll(/:(\w+)/g, "{$1}");
  if (!written.endsWith(OPERATION)) return [`${method} ${written}`];
  return Object.entries(SESSION_OPERATIONS)
    .filter(([, { parameters }]) => method === "post" || parameters.length === 0)
    .map(([name]) => `${method} ${written.replace(OPERATION, name)}`);
}

describe.each(TARGETS)("GET /openapi.json on %s", (target) => {
  let server: TestServer;
  let description: ApiDescription;
  beforeAll(async () => {
    server = await startServer(target);
    description = await describedApi(server);
  });
  afterAll(() => server.stop());

  test("is a valid OpenAPI 3.1 document", async () => {
    const validator = new Validator();
    const document = (await (await server.get("/openapi.json")).json()) as object;
    const { valid, errors } = await validator.validate({ ...document });
    expect(errors).toBeUndefined();
    expect(valid).toBeTrue();
    expect(validator.version).toBe("3.1");
  });

  test("describes every endpoint, each with a summary and an id of its own", () => {
    const operations = operationsOf(description);
    const written = operations.filter(({ method }) => method !== "head");
    expect(written.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
      ENDPOINTS.flatMap(described).toSorted(),
    );
    for (const { operation } of operations) expect(operation.summary?.length).toBeGreaterThan(9);
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  });

  test("tells of each parameter what it is, and of each in a path that it is needed", () => {
    for (const { operation, path } of operationsOf(description)) {
      const { parameters = [] } = operation;
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(inPath.filter(({ required }) => !required)).toEqual([]);
      expect(
        parameters.filter(({ description, schema }) => description === "" || !("type" in schema)),
      ).toEqual([]);
    }
  });

  test("has an example of every JSON body and every JSON answer", () => {
    const without = operationsOf(description).flatMap(({ method, operation, path }) => {
      const contents = [operation.requestBody?.content, operation.responses["200"]?.content];
      const json = contents
        .map((content) => content?.["application/json"])
        .filter((media) => media !== undefined);
      return json.every(({ examples = {} }) => Object.keys(examples).length > 0) ? [] : `${method} ${path}`;
    });
    expect(without).toEqual(["get /openapi.json"]);
  });

  test("has only examples that fit their schemas", () => {
    for (const { method, operation, path } of operationsOf(description)) {
      const contents = [
        operation.requestBody?.content,
        ...Object.values(operation.responses).map(({ content }) => content),
      ];
      for (const content of contents) {
        for (const { examples = {}, schema } of Object.values(content ?? {})) {
          const wrong = Object.entries(examples).flatMap(([name, { value }]) => {
            const verdict = fits(schema, value);
            return verdict === true ? [] : `${name}: ${verdict}`;
          });
          expect([`${method} ${path}`, ...wrong]).toEqual([`${method} ${path}`]);
        }
      }
    }
  });

  test("tells with which errors and headers each endpoint can answer", () => {
    for (const { method, operation, path } of operationsOf(description)) {
      const { responses } = operation;
      expect([path, Object.keys(responses)]).toEqual([
        path,
        expect.arrayContaining(["200", "401", "403", "500", "503"]),
      ]);
      for (const [status, { content = {}, headers = {} }] of Object.entries(responses)) {
        expect(Object.keys(headers)).toEqual(expect.arrayContaining(["x-request-id", "x-hearth-version"]));
        if (Number(status) >= 400 && method !== "head")
          expect(Object.keys(content)).toEqual(["application/json"]);
        if (status === "429" || status === "503") expect(headers["retry-after"]?.required).toBeTrue();
      }
    }
  });

  test("wants no token where none is set", () => {
    expect(description.security[0]).toEqual({});
  });

  test.each([
    ["/api/compute", { operation: 5 }],
    ["/api/compute", {}],
    ["/api/read_data", {}],
    ["/api/read_data", { data_source: { type: "cvs", filename: "t.csv" } }],
    ["/api/write_data", { data: {}, output: { type: "csv" } }],
    ["/api/talk/fields", { fields: ["a"], markdown_file: "t.md", spelling: "perl" }],
    ["/api/sessions", { interface_file: "grades.yml", timeout: -1 }],
    ["/api/page/sign-in", { code: "x", more: 1 }],
  ])("%s: %o does not fit its description, and is refused", async (path, body) => {
    const schema = description.paths[path]?.["post"]?.requestBody?.content["application/json"]?.schema;
    expect(fits(schema, body)).toBeString();
    expect((await server.post(path, body)).status).toBe(400);
  });
});

describe.each(TARGETS)("GET /openapi.json with a token, on %s", (target) => {
  const bearer = { authorization: "Bearer open-sesame" };
  let server: TestServer;
  let description: ApiDescription;
  beforeAll(async () => {
    server = await startServer(target, { env: { HEARTH_TOKEN: "open-sesame" } });
    description = await describedApi(server, bearer);
  });
  afterAll(() => server.stop());

  test("wants it, in one of the ways that it tells", async () => {
    expect(description.security).toEqual([{ token: [] }, { key: [] }]);
    const ways = [bearer, { "x-api-key": "open-sesame" }];
    for (const headers of ways) expect((await server.get("/api/status", headers)).status).toBe(200);
  });

  test("tells which endpoints want none", async () => {
    const answered = operationsOf(description).map(async ({ method, operation, path }) => {
      const response = await fetch(server.url + path.replaceAll(/\{\w+\}/g, "x"), {
        method: method.toUpperCase(),
      });
      await response.body?.cancel();
      return { endpoint: `${method} ${path}`, isOpen: response.status !== 401, told: operation.security };
    });
    for (const { endpoint, isOpen, told } of await Promise.all(answered)) {
      expect([endpoint, told]).toEqual([endpoint, isOpen ? [] : undefined]);
    }
  });
});

test("embedded in a program there is nothing to control, and no endpoint for it is described", async () => {
  const document = describeApi(false) as { readonly paths: object };
  expect((await new Validator().validate({ ...document })).errors).toBeUndefined();
  const absent = ENDPOINTS.filter(({ tag }) => tag === "control").map(({ path }) =>
    path.replaceAll(/:(\w+)/g, "{$1}"),
  );
  expect(Object.keys(document.paths).filter((path) => absent.includes(path))).toEqual([]);
});

test("the described endpoints are the app's routes", () => {
  // Only the routes are looked at: no request reaches these parts.
  const parts = {
    hearth: { compute: { operations: [] } },
    info: {},
    insight: { activity: {}, timeline: {} },
    control: {},
    signIn: {},
  };
  const app = createApp(parts as unknown as Parameters<typeof createApp>[0]);
  const anyMethod = app.routes.filter(
    ({ method, path }) => method === "ALL" && /^\/(?:v1|upstream)\//.test(path),
  );
  const oneMethod = app.routes.filter(({ method }) => method !== "ALL");
  const described = new Set(
    ENDPOINTS.map(({ method, route }) =>
      anyMethod.some(({ path }) => path === route) ? `all ${route}` : `${method} ${route}`,
    ),
  );
  const routes = new Set(
    [...anyMethod, ...oneMethod].map(({ method, path }) => `${method.toLowerCase()} ${path}`),
  );
  expect([...routes].toSorted()).toEqual([...described].toSorted());
  // Routes that the quick router of Hono cannot take would cost every request of all the others.
  app.router.match("GET", "/api/ping");
  expect(app.router.name).toBe("SmartRouter + RegExpRouter");
});
