import { AccessAnswer, ChallengeAnswer, SignInAnswer } from "./answers/control.ts";
import { ChallengeRequest, SignInRequest } from "../schemas.ts";
import { JSON_BODY } from "./errors.ts";

import {
  type Answer,
  answers,
  type Described,
  type DescribedByEndpoint,
  pathText,
  takes,
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
  "post /api/page/sign-in": {
    description:
      "Answered without a token too: a code of `hearth open`, or the token or key in the body, is what lets in. A code that comes twice signs all pages out. The secret is kept by the page and never sent again.",
    body: takes(SignInRequest, { code: { code: "5d41402abc4b2a76b9719d911017c592" } }),
    answer: answers("The page's secret", SignInAnswer, {
      secret: { status: "success", secret: "hearth-page-7b52009b64fd0a2a49e6d8a939753077" },
    }),
    errors: JSON_BODY,
  },
  "post /api/page/challenge": {
    description:
      "Answered without a token too. The server proves to a signed-in page that it has the page's secret: `proof` is HMAC-SHA-256 under the secret, over the lines `server`, nonce, `serverNonce` and host. The page then sends `hearth-page-ID.NONCE.SERVERNONCE.MAC` as bearer token, where MAC is the same over `page`, nonce, `serverNonce` and host. A token is good for ten minutes, for this process and this address.",
    body: takes(ChallengeRequest, {
      challenge: {
        id: "4124bc0a9335c27f",
        nonce: "0cc175b9c0f1b6a831c399e269772661",
        host: "127.0.0.1:8765",
      },
    }),
    answer: answers("The proof", ChallengeAnswer, {
      proof: { status: "success", serverNonce: "1767225600000.92eb...", proof: "4a8a08f09d37b737..." },
    }),
    errors: JSON_BODY,
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
