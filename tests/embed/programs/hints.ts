// What answers say is to be done: words for a program, which has no command line.
import { resolve } from "node:path";
import { createHearth, HearthError, type HearthOptions } from "../../../src/index.ts";
import { ask, json, print, readOf } from "./support.ts";

async function hintOf(options: HearthOptions, path: string, init: RequestInit): Promise<string | undefined> {
  const hearth = createHearth(options);
  const [, { hint }] = await ask(hearth.app, path, init);
  await hearth.close();
  return hint;
}

const told: (string | undefined)[] = [];
const sql = (query: string) => ({
  operation: "sql",
  data_source: { type: "csv", filename: "a.csv" },
  params: { query },
});

const closed = createHearth({ roots: ["."] });
await closed.close();
const first = createHearth();
const second = createHearth();
const { port } = new URL((await first.serve()).url ?? "");
const taken = await second.serve({ port: Number(port) }).catch((error: unknown) => error);
await Promise.all([first.close(), second.close()]);

print({
  noRoot: await hintOf({}, "/api/read_data", readOf(resolve("a.csv"))),
  outside: await hintOf({ roots: ["left"] }, "/api/read_data", readOf(resolve("a.csv"))),
  tooLarge: await hintOf({ roots: ["."], bodyLimitBytes: 10 }, "/api/read_data", readOf("a.csv")),
  engine: await hintOf({ roots: ["."] }, "/api/compute", json(sql("select 1"))),
  tooLong: await hintOf(
    { roots: ["."], computeTimeoutSeconds: 0.2 },
    "/api/compute",
    json(sql("select sum(a.range * b.range) from range(1000000) a, range(1000000) b")),
  ),
  failed: await hintOf(
    { authorize: () => Promise.reject(new Error("mine")), onError: ({ hint }) => told.push(hint) },
    "/api/read_data",
    readOf("a.csv"),
  ),
  told,
  closed: (await ask(closed.app, "/api/ping"))[1].hint,
  taken: taken instanceof HearthError ? taken.hint : "",
  // Words that fit everybody stay as they are.
  missing: await hintOf({ roots: ["."], authorize: () => "owner" }, "/api/read_data", readOf("none.csv")),
});
