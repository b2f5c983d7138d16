import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Endpoint, ENDPOINTS } from "../../routes/endpoints.ts";
import { hasRight, type KeyAccess, NO_ACCESS, type Right } from "../../routes/key-access.ts";
import { pageToken } from "../support/page-session.ts";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";
import { asOwner } from "./support.ts";

const KEYS = `apiKeys: [team, {key: only-a, models: [a]}, {key: boss, admin: true}]\n`;
const TOKEN = "the-token-of-this-test";

/** A model that never runs: what is asked of it costs nothing. */
const config = (keys: string) =>
  `startPort: ${takePorts()}\nmodels: {a: {cmd: ${JSON.stringify(upstreamCommand("--crash"))}}, b: {cmd: "no-such-program \${PORT}"}}\n${keys}`;

/** A kind of caller, with the right that it has. */
interface Kind {
  readonly name: string;
  readonly right: Right;
  readonly headers?: Readonly<Record<string, string>>;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const KEYLESS: readonly Kind[] = [
  { name: "no key", right: "guest" },
  { name: "a key that nobody gave", right: "guest", headers: bearer("whatever") },
  { name: "page", right: "admin" },
  { name: "owner", right: "owner" },
];
const KEYED: readonly Kind[] = [
  { name: "no key", right: "anyone" },
  { name: "wrong key", right: "anyone", headers: bearer("wrong") },
  { name: "model key", right: "model", headers: bearer("only-a") },
  { name: "guest key", right: "guest", headers: bearer("team") },
  { name: "admin key", right: "admin", headers: { "x-api-key": "boss" } },
  { name: "page", right: "admin" },
  { name: "owner", right: "owner" },
];
const TOKEN_KIND: Kind = { name: "token", right: "guest", headers: bearer(TOKEN) };

const REFUSALS = ["unauthorized", "key-forbidden", "owner-only"];

describe.each(TARGETS)("security: rights of every endpoint on %s", (target) => {
  let place: Place;
  beforeAll(() => void (place = createPlace()));
  afterAll(() => place.remove());

  describe.each([
    ["without token and keys", "", {}, KEYLESS],
    ["with keys", KEYS, {}, KEYED],
    ["with token and keys", KEYS, { HEARTH_TOKEN: TOKEN }, [...KEYED, TOKEN_KIND]],
    [
      "with a token",
      "",
      { HEARTH_TOKEN: TOKEN },
      [...KEYED.filter(({ right }) => right !== "model" && right !== "guest"), TOKEN_KIND].filter(
        ({ name }) => name !== "admin key",
      ),
    ],
  ] as const)("%s", (_, keys, env, kinds) => {
    let server: TestServer;
    beforeAll(async () => {
      const own = createPlace();
      own.write("hearth.yaml", config(keys));
      server = await startServer(target, { place: own, args: ["--config", "hearth.yaml"], env });
    });
    afterAll(async () => {
      await server.stop();
      server.place.remove();
    });

    test.each(kinds.map((kind) => [kind.name, kind] as const))("%s", async (_, kind) => {
      const wrong: string[] = [];
      for (const endpoint of ENDPOINTS) {
        const isLet = isAllowed(endpoint, kind, keys !== "" || "HEARTH_TOKEN" in env);
        for (const method of endpoint.method === "get" ? ["GET", "HEAD"] : [endpoint.method.toUpperCase()]) {
          const answer = await ask(server, method, endpoint, kind);
          const wasLet = !REFUSALS.includes(answer.code) && answer.status !== 401 && answer.status !== 403;
          if (wasLet !== isLet) wrong.push(`${method} ${endpoint.path}: ${answer.status} ${answer.code}`);
        }
      }
      expect(wrong).toEqual([]);
    });
  });

  test("a refused key hears which right it lacks, and no other path or spelling opens more", async () => {
    place.write("hearth.yaml", config(KEYS));
    const server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    try {
      const refused = (await (await server.get("/api/config", bearer("team"))).json()) as object;
      expect(refused).toMatchObject({
        code: "key-forbidden",
        error_message: expect.stringContaining('"admin"'),
        hint: expect.stringContaining("admin: true"),
      });
      const model = (await (await server.get("/api/files", bearer("only-a"))).json()) as object;
      expect(model).toMatchObject({
        code: "key-forbidden",
        error_message: expect.stringContaining('"guest"'),
        hint: expect.stringContaining("without `models`"),
      });
      for (const path of [
        "/api/%63onfig",
        "/api/conf%69g?x=1",
        "/%61pi/logs",
        "/api/history/%2e%2e/config",
      ]) {
        expect([path, (await server.get(path, bearer("team"))).status]).not.toEqual([path, 200]);
        expect([path, (await server.get(path, bearer("only-a"))).status]).toEqual([path, 403]);
        expect([path, (await server.get(path)).status]).toEqual([path, 401]);
      }
      // A path that there is not is told apart only by callers who may know the others.
      expect((await server.get("/nowhere", bearer("team"))).status).toBe(404);
      expect((await server.get("/nowhere", bearer("only-a"))).status).toBe(403);
    } finally {
      await server.stop();
    }
  });

  test("a key for a model uses it and sees nothing of others", async () => {
    place.write(
      "hearth.yaml",
      `startPort: ${takePorts()}
groups: {all: {swap: false, members: [a, b]}}
models: {a: {cmd: ${JSON.stringify(upstreamCommand())}, aliases: [nick]}, b: {cmd: ${JSON.stringify(upstreamCommand())}}}
selectors: {any: {strategy: pin, targets: [b]}}
apiKeys: [{key: only-a, models: [nick]}, {key: boss, admin: true}]
`,
    );
    const server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    const key = bearer("only-a");
    try {
      for (const path of [
        "/v1/chat/completions",
        "/upstream/a/v1/chat/completions",
        "/upstream/nick/v1/chat/completions",
      ])
        expect([path, (await server.post(path, chat("a"), key)).status]).toEqual([path, 200]);
      for (const name of ["b", "any", "no-such-model"]) {
        const error = (await (await server.post("/v1/chat/completions", chat(name), key)).json()) as object;
        expect(error).toMatchObject({ error: { code: "key-forbidden", source: "hearth" } });
      }
      for (const path of [
        "/upstream/b/v1/chat/completions",
        "/upstream/a/x",
        "/upstream/a/../b/x",
        "/v1/x?model=a",
      ])
        expect([path, (await server.post(path, chat("a"), key)).status]).toEqual([path, 403]);
      for (const path of [
        "/upstream/a/slots",
        "/upstream/a/v1/%6dodels",
        "/upstream/a//v1/models",
        "/v1/..%2fslots?model=a",
      ])
        expect([path, (await server.get(path, key)).status]).toEqual([path, 403]);
      const ids = async (path: string, list: string) =>
        ((await (await server.get(path, key)).json()) as Record<string, { id: string }[]>)[list]?.map(
          ({ id }) => id,
        );
      expect(await ids("/v1/models", "data")).toEqual(["a"]);
      expect(await ids("/api/models", "models")).toEqual(["a"]);
      expect((await server.get("/v1/models/b", key)).status).toBe(404);
    } finally {
      await server.stop();
    }
  });

  test("sessions belong to the key that made them", async () => {
    place.write("hearth.yaml", config(`${KEYS.trim().slice(0, -1)}, other]\nroots: [.]\n`));
    place.write("t.csv", "id,v\n1,2\n");
    place.write("i.yml", "input: {type: csv, filename: t.csv, index: id}\n");
    const server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    try {
      const made = await server.post("/api/sessions", { interface_file: "i.yml" }, bearer("team"));
      expect([made.status, await made.clone().text()]).toEqual([200, expect.any(String)]);
      const { session } = (await made.json()) as { session: { session_id: string } };
      const path = `/api/sessions/${session.session_id}`;
      const count = async (headers: Record<string, string>) =>
        ((await (await server.get("/api/sessions", headers)).json()) as { total_sessions: number })
          .total_sessions;
      expect(await Promise.all(["team", "other", "boss"].map((name) => count(bearer(name))))).toEqual([
        1, 0, 1,
      ]);
      expect((await server.get(path, bearer("other"))).status).toBe(404);
      const removed = await fetch(server.url + path, { method: "DELETE", headers: bearer("other") });
      expect(removed.status).toBe(404);
      expect((await server.post(`${path}/set_value`, { value: 3 }, bearer("other"))).status).toBe(404);
      expect((await server.get(path, bearer("team"))).status).toBe(200);
      expect((await asOwner(server, path)).status).toBe(200);
    } finally {
      await server.stop();
    }
  });
});

function isAllowed(endpoint: Endpoint, { name, right }: Kind, hasKeys: boolean): boolean {
  if (endpoint.path === "/upstream/:id/:path" && right === "model") return endpoint.method === "post";
  if (endpoint.isOpenWithoutKeys && !hasKeys) return true;
  // A wrong key is no worse than none where none is needed.
  const access: KeyAccess = { ...NO_ACCESS, right: name === "wrong key" ? "anyone" : right };
  return hasRight(access, endpoint.right);
}

async function ask(server: TestServer, method: string, endpoint: Endpoint, kind: Kind) {
  const path = endpoint.path
    .replace("/upstream/:id/:path", "/upstream/a/v1/chat/completions")
    .replace("/sessions/:id/:operation", "/sessions/nope/get_index")
    .replaceAll(/:\w+/g, "nope");
  const hasBody = method !== "GET" && method !== "HEAD";
  const headers = { ...kind.headers, ...(hasBody ? { "content-type": "application/json" } : {}) };
  const response =
    kind.name === "owner"
      ? await asOwner(server, path, { method, headers, ...(hasBody ? { body: "{}" } : {}) })
      : await fetch(server.url + path, {
          method,
          headers: kind.name === "page" ? { ...headers, ...(await signedIn(server)) } : headers,
          ...(hasBody ? { body: "{}" } : {}),
        });
  const isJson = response.headers.get("content-type")?.includes("json") === true && response.status >= 400;
  if (!isJson || method === "HEAD") {
    await response.body?.cancel();
    return { status: response.status, code: "" };
  }
  const body = (await response.json()) as { code?: string; error?: { code?: string } };
  return { status: response.status, code: body.code ?? body.error?.code ?? "" };
}

/** A page that the owner opened just now: signing out is one of the endpoints. */
async function signedIn(server: TestServer): Promise<Record<string, string>> {
  const link = (await (await asOwner(server, "/api/control/page-link", { method: "POST" })).json()) as {
    code: string;
  };
  const answer = await server.post("/api/page/sign-in", { code: link.code });
  const { secret } = (await answer.json()) as { secret: string };
  return bearer(await pageToken(server, secret));
}
