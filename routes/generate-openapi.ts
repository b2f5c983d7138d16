import { Hono } from "hono";
import { describeRoute, type DescribeRouteOptions, generateSpecs, resolver } from "hono-openapi";
import { VERSION } from "../src/version.ts";
import { ENDPOINTS, type EndpointDescription } from "./endpoints.ts";
import { ErrorAnswer } from "./schemas.ts";

/**
 * The OpenAPI 3.1 document, from the very schemas that check the requests. It is made from a second app that only
 * describes: describing the served routes themselves would put a middleware before each of them.
 */
export async function generateOpenapi(hasControl: boolean): Promise<object> {
  const app = new Hono();
  const served = ENDPOINTS.filter(({ tag }) => hasControl || tag !== "control");
  for (const endpoint of served) {
    app.on(endpoint.method.toUpperCase(), endpoint.path, describeRoute(describe(endpoint)), (c) =>
      c.body(null),
    );
  }
  return generateSpecs(app, {
    excludeStaticFile: false, // /openapi.json looks like one
    documentation: {
      openapi: "3.1.0",
      info: {
        title: "hearth",
        version: VERSION,
        description: "Keeps slow-starting things warm: data operations over one small local HTTP server.",
        license: { name: "MIT", identifier: "MIT" },
      },
      tags: [...new Set(served.map(({ tag }) => tag))].map((name) => ({ name })),
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
  });
}

function describe(endpoint: EndpointDescription): DescribeRouteOptions {
  const { request, query = {}, bodyTypes = [] } = endpoint;
  const bodies = Object.fromEntries(
    bodyTypes.map((type) => [type, { schema: { type: "string", format: "binary" } }]),
  );
  return {
    operationId: `${endpoint.method}${endpoint.path.replace(/[/._:]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    summary: endpoint.summary,
    tags: [endpoint.tag],
    parameters: Object.entries(query).map(([name, description]) => ({
      name,
      in: "query" as const,
      required: false,
      description,
      schema: { type: "string" as const },
    })),
    ...(request === undefined
      ? {}
      : { requestBody: { content: { "application/json": { schema: resolver(request) }, ...bodies } } }),
    responses: {
      200: { description: "Success", content: answerContent(endpoint) },
      "4XX": {
        description: "The request was refused",
        content: { "application/json": { schema: resolver(ErrorAnswer) } },
      },
      "5XX": {
        description: "hearth failed",
        content: { "application/json": { schema: resolver(ErrorAnswer) } },
      },
    },
  } as DescribeRouteOptions;
}

function answerContent({ answer, mediaTypes = [] }: EndpointDescription) {
  const schema = answer === undefined ? { type: "object" as const } : resolver(answer);
  const others = mediaTypes.map(
    (type) => [type, { schema: { type: "string" as const, format: "binary" } }] as const,
  );
  return { "application/json": { schema }, ...Object.fromEntries(others) };
}
