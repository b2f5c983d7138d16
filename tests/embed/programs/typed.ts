// Hono's typed client, against a server and straight into the app. That wrong bodies don't compile is in
// tests/embed/typed-client.ts.
import { hc } from "hono/client";
import { createHearth, type HearthApp } from "../../../src/index.ts";
import { print } from "./support.ts";

const hearth = createHearth({ roots: ["."] });
const server = await hearth.serve();
const client = hc<HearthApp>(server.url ?? "");
const direct = hc<HearthApp>("http://localhost", {
  fetch: async (input: RequestInfo | URL, init?: RequestInit) => hearth.fetch(new Request(input, init)),
});
const pong = await (await client.api.ping.$get()).json();
const answer = await client.api.read_data.$post({
  json: { data_source: { type: "csv", filename: "a.csv" } },
});
const { data } = await answer.json();
const computed = await direct.api.compute.$post({ json: { operation: "describe", data: [{ x: 1 }] } });
const { result } = await computed.json();
print({ message: pong.message, shape: data.shape, rows: result.records.length });
await hearth.close();
