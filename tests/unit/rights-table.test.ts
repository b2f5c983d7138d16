import { describe, expect, test } from "bun:test";
import { ENDPOINTS } from "../../routes/endpoints.ts";

/**
 * The right of every endpoint, written out a second time: a slip in the table that the routes go by changes what strangers
 * may do, so it takes two edits. `*`: guests have it too while no key is in force; `!`: browsers' own requests are refused.
 */
const RIGHTS: Readonly<Record<string, string>> = {
  "GET /api/ping": "anyone",
  "POST /api/ping": "anyone",
  "GET /api/health": "anyone",
  "POST /api/health": "anyone",
  "GET /api/status": "guest",
  "POST /api/status": "guest",
  "POST /api/read_data": "guest",
  "GET /api/files": "guest",
  "POST /api/write_data": "guest",
  "POST /api/compute": "guest",
  "GET /api/operations": "guest",
  "POST /api/interface/read": "guest",
  "POST /api/interface/check": "guest",
  "POST /api/talk/field": "guest",
  "POST /api/talk/fields": "guest",
  "POST /api/sessions": "guest",
  "GET /api/sessions": "guest",
  "GET /api/sessions/:id": "guest",
  "POST /api/sessions/:id": "guest",
  "DELETE /api/sessions/:id": "guest",
  "POST /api/sessions/:id/compute": "guest",
  "POST /api/sessions/:id/save": "guest",
  "GET /api/sessions/:id/table": "guest",
  "POST /api/sessions/:id/:operation": "guest",
  "GET /api/sessions/:id/:operation": "guest",
  "GET /v1/models": "model",
  "GET /v1/models/:id": "model",
  "POST /v1/chat/completions": "model",
  "POST /v1/completions": "model",
  "POST /v1/responses": "model",
  "POST /v1/messages": "model",
  "POST /v1/messages/count_tokens": "model",
  "POST /v1/embeddings": "model",
  "POST /v1/rerank": "model",
  "POST /v1/reranking": "model",
  "POST /rerank": "model",
  "POST /reranking": "model",
  "POST /v1/audio/speech": "model",
  "POST /v1/images/generations": "model",
  "POST /infill": "model",
  "POST /completion": "model",
  "POST /sdapi/v1/txt2img": "model",
  "POST /sdapi/v1/img2img": "model",
  "POST /v1/audio/transcriptions": "model",
  "POST /v1/audio/translations": "model",
  "POST /v1/images/edits": "model",
  "GET /v1/audio/voices": "model!",
  "GET /sdapi/v1/loras": "model!",
  "GET /props": "model!",
  "GET /v1/:path": "model!",
  "POST /v1/:path": "model",
  "PUT /v1/:path": "model",
  "PATCH /v1/:path": "model",
  "DELETE /v1/:path": "model",
  "GET /upstream/:id/:path": "model",
  "POST /upstream/:id/:path": "model",
  "PUT /upstream/:id/:path": "model",
  "PATCH /upstream/:id/:path": "model",
  "DELETE /upstream/:id/:path": "model",
  "GET /api/models": "model",
  "POST /api/models/load/:id": "guest",
  "POST /api/models/unload": "guest",
  "POST /api/models/unload/:id": "guest",
  "POST /api/models/pin/:id": "guest",
  "POST /api/models/unpin/:id": "guest",
  "GET /api/models/logs/:id": "admin*",
  "GET /api/events": "guest",
  "GET /api/timeline": "guest",
  "GET /api/activity": "admin",
  "POST /api/activity/cancel/:id": "admin",
  "GET /health": "anyone",
  "GET /running": "guest",
  "GET /unload": "guest!",
  "GET /logs": "admin*",
  "GET /logs/stream": "admin*",
  "GET /logs/stream/:id": "admin*",
  "GET /api/models/command/:id": "admin",
  "GET /api/logs": "admin",
  "GET /api/history": "admin",
  "GET /api/history/:id": "admin",
  "GET /api/history/:id/report": "admin",
  "POST /api/control/page-link": "owner",
  "POST /api/control/sign-out": "admin",
  "GET /api/config": "admin",
  "POST /api/control/roots": "owner",
  "POST /api/control/reload": "admin",
  "POST /api/page/sign-in": "anyone",
  "POST /api/page/challenge": "anyone",
  "GET /api/page/access": "guest",
  "GET /": "anyone",
  "GET /docs": "anyone",
  "GET /assets/:name": "anyone",
  "GET /metrics": "guest",
  "GET /openapi.json": "guest",
};

describe("security: the right of every endpoint, one by one", () => {
  const found = Object.fromEntries(
    ENDPOINTS.map(({ isChangingGet, isOpenWithoutKeys, method, path, right }) => [
      `${method.toUpperCase()} ${path}`,
      `${right}${isOpenWithoutKeys ? "*" : ""}${isChangingGet ? "!" : ""}`,
    ]),
  );

  test("each is as written here, and none is missing or new", () => {
    expect(found).toEqual(RIGHTS);
    expect(ENDPOINTS).toHaveLength(Object.keys(RIGHTS).length);
  });

  test("without a key nothing but the server's name and the page's own files is answered", () => {
    const open = Object.keys(RIGHTS).filter((endpoint) => RIGHTS[endpoint] === "anyone");
    expect(open.toSorted()).toEqual([
      "GET /",
      "GET /api/health",
      "GET /api/ping",
      "GET /assets/:name",
      "GET /docs",
      "GET /health",
      "POST /api/health",
      "POST /api/page/challenge",
      "POST /api/page/sign-in",
      "POST /api/ping",
    ]);
  });

  test("a key for some models has their API and their list, and nothing of files, sessions or the server", () => {
    const paths = Object.keys(RIGHTS).filter((endpoint) => RIGHTS[endpoint]?.startsWith("model") === true);
    const ofModels =
      /^\w+ \/(?:v1\/|upstream\/|sdapi\/v1\/|api\/models$|(?:rerank|reranking|infill|completion|props)$)/;
    expect(paths.filter((endpoint) => !ofModels.test(endpoint))).toEqual([]);
  });
});
