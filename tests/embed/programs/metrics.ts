// What a program that mounts hearth can have scraped.
import { Hono } from "hono";
import { createHearth } from "../../../src/index.ts";
import { print, readOf } from "./support.ts";

const hearth = createHearth({ roots: ["."], token: "open sesame" });
const headers = { authorization: "Bearer open sesame" };
const app = new Hono().route("/tools/hearth", hearth.app);
await app.request("/tools/hearth/api/read_data", readOf("a.csv", headers));
await app.request("/tools/hearth/api/ping");
await hearth.fetch(new Request("http://localhost/api/ping"));

const untold = await app.request("/tools/hearth/metrics");
const scraped = await app.request("/tools/hearth/metrics", { headers });
const text = await scraped.text();
const wanted =
  /^(?:hearth_http_requests_total\{|hearth_http_requests_in_flight|hearth_cache_misses_total|hearth_idle_)/;
print({
  untold: untold.status,
  type: scraped.headers.get("content-type"),
  lines: text.split("\n").filter((line) => wanted.test(line)),
});
await hearth.close();
