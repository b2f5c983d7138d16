import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { BenchHistory } from "../../src/bench/history.ts";
import { secretId } from "../../src/insight/page-proof.ts";
import { describeMachine } from "../../src/bench/machine.ts";
import {
  type ApiDescription,
  describedApi,
  fitsWholly,
  type Operation,
  operationsOf,
} from "../support/api-description.ts";
import { describedPlace } from "../support/described-place.ts";
import type { Place } from "../support/place.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { asOwner } from "./support.ts";

/** Operations whose examples can't be run as they stand; each has a test below, or the reason why not. */
const APART = new Set([
  "get /api/events",
  "get /logs/stream",
  "get /logs/stream/{id}",
  "post /api/activity/cancel/{id}", // there is no request to cancel
  "post /api/page/sign-in", // a code is good once
  "post /api/page/challenge", // a proof is for a page that has signed in
  "get /assets/{name}", // names change with the content
  "head /assets/{name}",
]);

/** As `hearth bench` keeps a run; the description tells of this one. */
const RUN = {
  kind: "serving",
  subject: "tiny",
  time: "2026-11-25T22:00:00.000Z",
  headline: { name: "output", value: 118.2, unit: "tokens/s", isLessBetter: false },
  command: "hearth bench serve tiny",
  result: {},
};
const REPORT = {
  title: "Serving",
  time: RUN.time,
  command: RUN.command,
  machine: describeMachine(),
  versions: {},
  facts: [],
  tables: [],
  charts: [],
  notes: [],
};

describe.each(TARGETS)("the description's examples on %s", (target) => {
  let place: Place;
  let server: TestServer;
  let description: ApiDescription;
  beforeAll(async () => {
    place = describedPlace();
    new BenchHistory(place.env["HEARTH_STATE_DIR"] as string).keep({ ...RUN, report: REPORT });
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    description = await describedApi(server);
  });
  afterAll(async () => {
    await server.stop();
    place.remove();
  });

  test("can be run, one after the other, and the answers are as they are described", async () => {
    const made = await asOwner(server, "/api/sessions", { body: { interface_file: "grades.yml" } });
    const { session } = (await made.json()) as { session: { session_id: string } };
    const operations = operationsOf(description).filter(
      ({ method, path }) => !APART.has(`${method} ${path}`),
    );
    // What ends a session comes last.
    const sorted = operations.toSorted(
      (a, b) => Number(a.method === "delete") - Number(b.method === "delete"),
    );
    for (const { method, operation, path } of sorted) {
      const id = path.startsWith("/api/sessions/") ? session.session_id : undefined;
      for (const [name, body] of bodiesOf(operation)) {
        const where = `${method} ${path} ${name}`;
        const response = await asOwner(server, addressOf(path, operation, id), { method, body });
        expect([where, response.status]).toEqual([where, 200]);
        await checkAnswer(where, operation, response, name);
      }
    }
  });

  test("of tables as bodies are read, and written", async () => {
    const content = description.paths["/api/read_data"]?.["post"]?.requestBody?.content ?? {};
    const texts = Object.entries(content).flatMap(([type, { examples = {} }]) =>
      type === "application/json"
        ? []
        : Object.values(examples).map(({ value }) => ({ type, body: value as string })),
    );
    expect(texts.length).toBeGreaterThan(3);
    for (const { body, type } of texts) {
      const headers = { "content-type": type };
      const written = await asOwner(server, "/api/write_data?output=written.csv", { body, headers });
      expect([type, await written.json()]).toEqual([type, expect.objectContaining({ rows: 1 })]);
      expect(await Bun.file(`${place.data}/written.csv`).text()).toBe("city,people\nOslo,709000\n");
    }
  });

  test("tell of the page's files", async () => {
    const page = await (await server.get("/")).text();
    const { get, head } = description.paths["/assets/{name}"] as Record<string, Operation>;
    const files = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
    expect(files.length).toBe(2);
    for (const path of files) {
      await checkAnswer(`get ${path}`, get as Operation, await server.get(path), "");
      await checkAnswer(
        `head ${path}`,
        head as Operation,
        await asOwner(server, path, { method: "head" }),
        "",
      );
    }
  });

  test("tell how a page signs in", async () => {
    const freshCode = async () => {
      const link = await asOwner(server, "/api/control/page-link", { method: "post" });
      return ((await link.json()) as { code: string }).code;
    };
    const response = await server.post("/api/page/sign-in", { code: await freshCode() });
    await checkAnswer("sign-in", description.paths["/api/page/sign-in"]?.["post"] as Operation, response, "");
    const { secret } = (await (
      await server.post("/api/page/sign-in", { code: await freshCode() })
    ).json()) as { secret: string };
    const { host } = new URL(server.url);
    const proof = await server.post("/api/page/challenge", {
      id: secretId(secret),
      nonce: "a".repeat(32),
      host,
    });
    await checkAnswer(
      "challenge",
      description.paths["/api/page/challenge"]?.["post"] as Operation,
      proof,
      "",
    );
  });

  test("tell of events as they come", async () => {
    const leaving = new AbortController();
    const response = await asOwner(server, "/api/events?topics=models,pulse,activity,logs&output=tiny", {
      signal: leaving.signal,
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const { schemas } = description.components;
    const names = Object.keys(schemas).flatMap((name) => /^Event-(.*)$/.exec(name)?.[1] ?? []);
    const seen = new Set<string>();
    await server.post("/api/compute", { operation: "nothing" });
    for await (const { data, name } of eventsIn(response)) {
      expect([name, fitsWholly(schemas[`Event-${name}`], data)]).toEqual([name, true]);
      seen.add(name);
      if (names.every((each) => seen.has(each))) break;
    }
    leaving.abort();
    expect([...seen].toSorted()).toEqual(names.toSorted());
  });

  async function checkAnswer(where: string, operation: Operation, response: Response, name: string) {
    const described = operation.responses[String(response.status)] ?? operation.responses["default"];
    const needed = Object.entries(described?.headers ?? {}).filter(([, { required }]) => required === true);
    for (const [header] of needed) expect([where, response.headers.has(header)]).toEqual([where, true]);
    const text = await response.text();
    if (where.startsWith("head ")) return expect(text).toBe("");
    const type = (response.headers.get("content-type") ?? "").split(";")[0] as string;
    const content = described?.content ?? {};
    const media = content[type] ?? content["*/*"];
    expect([where, type, media !== undefined]).toEqual([where, type, true]);
    if (type !== "application/json") return;
    const body: unknown = JSON.parse(text);
    expect([where, fitsWholly(media?.schema, body)]).toEqual([where, true]);
    const example = media?.examples?.[name];
    if (example !== undefined) expect([where, body]).toEqual([where, example.value]);
  }
});

/** JSON and forms of an operation by the names of their examples; one without a body where it takes none. */
function bodiesOf({ requestBody }: Operation): readonly (readonly [name: string, body: unknown])[] {
  const { content = {} } = requestBody ?? {};
  const json = Object.entries(content["application/json"]?.examples ?? {});
  const forms = Object.entries(content["multipart/form-data"]?.examples ?? {});
  const bodies = [
    ...json.map(([name, { value }]) => [name, value] as const),
    ...forms.map(([name, { value }]) => [name, formOf(value as Record<string, string>)] as const),
  ];
  return bodies.length === 0 ? [["without a body", undefined]] : bodies;
}

function formOf(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

/** The path with its parameters' examples, and what the query must have. */
function addressOf(path: string, { parameters = [] }: Operation, id: string | undefined): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((each) => each.in === "path" && each.name === name);
    return id !== undefined && name === "id" ? id : String(parameter?.example);
  });
  const query = parameters
    .filter((each) => each.in === "query" && each.example !== undefined)
    .map(({ example, name }) => `${name}=${encodeURIComponent(String(example))}`);
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
}

async function* eventsIn(response: Response) {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const events = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const [, name = ""] = /^event: (.+)$/m.exec(event) ?? [];
      const [, data = "null"] = /^data: (.+)$/m.exec(event) ?? [];
      if (name !== "") yield { name, data: JSON.parse(data) as unknown };
    }
  }
}
