import { AccessAnswer } from "./answers/control.ts";
import {
  type Answer,
  answers,
  type Described,
  type DescribedByEndpoint,
  pathText,
  under,
} from "./described.ts";

const HTML: Answer = {
  description: "The page",
  content: { "text/html": { schema: { type: "string" }, examples: { html: "<!doctype html>..." } } },
  headers: {
    "content-security-policy": {
      description: "Scripts, styles and data from this server alone",
      schema: { type: "string" },
    },
  },
};

const SHELL: Described = {
  description: "Answered without a token too: it holds no data.",
  answer: HTML,
  errors: ["page-missing"],
  hasHead: true,
};

const CACHE = {
  "cache-control": {
    description: "It is kept for ever: a file's name changes with its content",
    schema: { const: "public, max-age=31536000, immutable" },
  },
};

/** The page for people, and this description. */
export const PAGE_ENDPOINTS: DescribedByEndpoint = {
  "get /api/page/access": {
    description: "So that the page shows nothing that would be refused.",
    answer: answers("What the caller may do", AccessAnswer, {
      access: {
        status: "success",
        version: "0.1.0",
        control: true,
        admin: true,
        isPage: true,
        server: true,
      },
    }),
    errors: [],
  },
  ...under(["get /", "get /docs"], SHELL),
  "get /assets/:name": {
    description: "Answered without a token too. Packed by gzip where `Accept-Encoding` lets it.",
    path: { name: pathText("As the page names it", "main-1a2b3c4d.js") },
    answer: {
      description: "The file",
      content: {
        "text/javascript": { schema: { type: "string" } },
        "text/css": { schema: { type: "string" } },
      },
      headers: CACHE,
    },
    errors: ["endpoint-unknown", "page-missing"],
    hasHead: true,
  },
  "get /openapi.json": {
    answer: answers("OpenAPI 3.1", {
      type: "object",
      required: ["openapi", "info", "servers", "paths"],
      properties: {
        openapi: { const: "3.1.0" },
        info: { type: "object" },
        servers: { type: "array" },
        paths: { type: "object" },
        tags: { type: "array" },
        components: { type: "object" },
        security: { type: "array" },
      },
    }),
    errors: [],
    hasHead: true,
  },
};
