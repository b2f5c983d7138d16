import { SESSION_OPERATIONS } from "../../src/sessions/operations.ts";
import { VERSION } from "../../src/version.ts";
import { type Endpoint, ENDPOINTS, type Tag } from "../endpoints.ts";
import { EVENTS } from "./answers/insight.ts";
import { COMPONENTS } from "./components.ts";
import { CONTROL_ENDPOINTS } from "./control.ts";
import { DATA_ENDPOINTS } from "./data.ts";
import type { Described, DescribedByEndpoint } from "./described.ts";
import { INSIGHT_ENDPOINTS } from "./insight.ts";
import { INTERFACE_ENDPOINTS } from "./interface.ts";
import { createComponentWriter } from "./component-writer.ts";
import { MODEL_ENDPOINTS } from "./models.ts";
import { OPENAI_ENDPOINTS } from "./openai.ts";
import { COMMON_HEADERS, describeOperation, type Operation, OWNER_HEADERS } from "./operation.ts";
import { PAGE_ENDPOINTS } from "./page.ts";
import { SESSION_ENDPOINTS } from "./sessions.ts";
import { SYSTEM_ENDPOINTS } from "./system.ts";

const DESCRIBED: DescribedByEndpoint = {
  ...SYSTEM_ENDPOINTS,
  ...DATA_ENDPOINTS,
  ...INTERFACE_ENDPOINTS,
  ...SESSION_ENDPOINTS,
  ...OPENAI_ENDPOINTS,
  ...MODEL_ENDPOINTS,
  ...INSIGHT_ENDPOINTS,
  ...CONTROL_ENDPOINTS,
  ...PAGE_ENDPOINTS,
};

const TAGS: Readonly<Record<Tag, string>> = {
  system: "What every client asks first",
  data: "Tables: reading, writing, computing. One that is read twice is parsed once",
  interface: "Fields of interfaces with their inheritance, and of texts' front matter",
  sessions: "An interface's tables with a place that is looked at, kept between requests",
  openai: "Model servers behind one address, routed by the model that a request names",
  models: "How models stand, and what changes that",
  insight: "What the server does",
  control: "The owner's, and of those whom the owner lets",
  page: "The page for people",
  description: "The API itself",
};

const ABOUT = `Keeps slow-starting things warm: data operations and model servers over one small local HTTP server.

A body is JSON whatever its content type says. Keys that nobody knows are accepted and named in the answer's \`warnings\`. HEAD is
answered wherever GET is; another method of a known path is 405 with \`Allow\`, an unknown path 404 \`endpoint-unknown\`. Every request may bring an \`x-request-id\` of up to 64 letters, digits and \`_ . : -\`, and
\`x-hearth-watch: 1\`, which says that it only looks on and does not keep the server from leaving.`;

/**
 * The OpenAPI 3.1 document, from the very schemas that check the requests.
 *
 * @param hasControl whether there is a server of ours to control
 */
export function describeApi(hasControl: boolean): Readonly<Record<string, unknown>> {
  const writer = createComponentWriter(COMPONENTS);
  const served = ENDPOINTS.filter(({ tag }) => hasControl || tag !== "control").flatMap(spelledOut);
  const paths: Record<string, Record<string, Operation>> = {};
  for (const endpoint of served) {
    const described = descriptionOf(endpoint);
    const { method } = endpoint;
    const methods = method === "get" && described.hasHead === true ? ["get", "head"] : [method];
    const operations = (paths[endpoint.path.replaceAll(/:(\w+)/g, "{$1}")] ??= {});
    for (const each of methods) operations[each] = describeOperation(endpoint, each, described, writer);
  }
  const events = Object.entries(EVENTS).map(([name, schema]) => [`Event-${name}`, writer.schema(schema)]);
  return {
    openapi: "3.1.0",
    info: {
      title: "hearth",
      version: VERSION,
      description: ABOUT,
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: [...new Set(served.map(({ tag }) => tag))].map((name) => ({ name, description: TAGS[name] })),
    paths,
    components: {
      schemas: { ...writer.schemas, ...Object.fromEntries(events) },
      responses: writer.responses,
      headers: { ...COMMON_HEADERS, ...OWNER_HEADERS },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "The token, one of `apiKeys`, or a page's secret",
        },
        key: {
          type: "apiKey",
          in: "header",
          name: "x-api-key",
          description: "The same, as some clients send it",
        },
      },
    },
  };
}

/** Without a token or keys in force nobody needs one. */
export function securityOf(isGuarded: boolean): readonly object[] {
  const ways = [{ token: [] }, { key: [] }];
  return isGuarded ? ways : [{}, ...ways];
}

function descriptionOf({ method, path }: Endpoint): Described {
  const described = DESCRIBED[`${method} ${path}`];
  if (described === undefined) throw new Error(`${method} ${path} is not described`);
  return described;
}

const OPERATION = "/:operation";

/** The one route of all of a session's operations as an endpoint each; by GET where there is nothing to be told. */
function spelledOut(endpoint: Endpoint): readonly Endpoint[] {
  const { method, path } = endpoint;
  if (!path.endsWith(OPERATION)) return [endpoint];
  return Object.entries(SESSION_OPERATIONS)
    .filter(([, { parameters }]) => method === "post" || parameters.length === 0)
    .map(([name, { summary }]) => ({
      ...endpoint,
      summary,
      path: `${path.slice(0, -OPERATION.length)}/${name}`,
    }));
}
