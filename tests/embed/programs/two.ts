// Two in one process: they share nothing, and the end of one is not the end of the other.
import { Hono } from "hono";
import { createHearth } from "../../../src/index.ts";
import { ask, json, print, readOf } from "./support.ts";

const left = createHearth({ roots: ["left"], token: "l" });
const right = createHearth({ roots: ["right"] });
const app = new Hono().route("/left", left.app).route("/right", right.app);
const token = { authorization: "Bearer l" };
const sum = json({
  operation: "sql",
  data_source: { type: "csv", filename: "a.csv" },
  params: { query: "select sum(x) as total from data" },
});

const read = async (side: string) =>
  (await ask(app, `/${side}/api/read_data`, readOf("a.csv", side === "left" ? token : {})))[1].data?.records;
const served = async (side: string) =>
  (await ask(app, `/${side}/api/status`, { headers: token }))[1].hearth?.requests.served;
const records = [await read("left"), await read("right")];
const across = (await ask(app, "/right/api/read_data", readOf("../left/a.csv")))[1].code;
const total = (await ask(app, "/right/api/compute", sum))[1].result?.records;
const before = [await served("left"), await served("right")];
await left.close();
const closed = (await ask(app, "/left/api/ping"))[1].code;
print({ records, across, total, before, closed, after: await read("right") });
await right.close();
await right.close();
