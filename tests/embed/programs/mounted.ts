// Under a prefix of a program that has routes, an error handler and a 404 of its own.
import { Hono } from "hono";
import { createHearth } from "../../../src/index.ts";
import { ask, print, readOf } from "./support.ts";

const hearth = createHearth({ roots: ["."], token: "open sesame" });
const token = { authorization: "Bearer open sesame" };
const app = new Hono()
  .get("/", (c) => c.text("mine"))
  .get("/broken", () => {
    throw new Error("mine");
  })
  .route("/tools/hearth", hearth.app)
  .route("/:tenant/caf\u00e9", hearth.app);
app.onError((error, c) => c.text(`handled ${error.message}`, 500));
app.notFound((c) => c.text("not mine", 404));

const head = await app.request("/tools/hearth/api/ping", { headers: { "x-request-id": "abc" } });
const [, openapi] = await ask(app, "/tools/hearth/openapi.json", { headers: token });
const [, status] = await ask(app, "/tools/hearth/api/status", { headers: token });
const slash = await app.request("/tools/hearth/");
const tenant = "/acme/caf%C3%A9";
print({
  own: [await ask(app, "/"), await ask(app, "/broken"), await ask(app, "/elsewhere")],
  ping: [head.status, head.headers.get("x-request-id"), head.headers.has("x-hearth-version")],
  health: (await ask(app, "/tools/hearth/api/health"))[0],
  untold: (await ask(app, "/tools/hearth/api/status"))[1].code,
  read: (await ask(app, "/tools/hearth/api/read_data", readOf("a.csv", token)))[1].data?.records,
  missing: (await ask(app, "/tools/hearth/api/read_data", readOf("b.csv", token)))[1].code,
  unknown: await ask(app, "/tools/hearth/api/nope", { headers: token }).then(said),
  method: await ask(app, "/tools/hearth/api/ping", { method: "DELETE", headers: token }).then(said),
  page: await pageAt("/tools/hearth"),
  slash: [slash.status, slash.headers.get("location")],
  servers: openapi.servers,
  control: Object.keys(openapi.paths ?? {}).filter((path) => path.startsWith("/api/co")),
  runtime: status.hearth?.runtime,
  tenant: [
    (await ask(app, `${tenant}/api/ping`))[0],
    (await ask(app, `${tenant}/api/status`))[0],
    (await ask(app, `${tenant}/openapi.json`, { headers: token }))[1].servers,
    await pageAt(tenant),
  ],
});
await hearth.close();

/** The page without a token, and the script that it names, asked for where it says. */
async function pageAt(path: string): Promise<unknown> {
  const [status, { text = "" }] = await ask(app, path);
  const script = /src="([^"]*)"/.exec(text)?.[1] ?? "";
  const asset = await app.request(script);
  return [status, script.replace(/-\w+\.js/, ".js"), asset.status, asset.headers.get("content-type")];
}

function said([status, { code, error_message, hint }]: Awaited<ReturnType<typeof ask>>) {
  return [status, code, error_message, hint];
}
