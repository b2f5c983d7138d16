import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { openPage } from "../support/page.ts";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { hearth } from "../support/run.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";

const ACTIVE = ["text/html", "text/xml", "application/xml", "application/xhtml+xml", "image/svg+xml"];
const ODD = ["*/*", "text/html;,", "x/y", "multipart/x-mixed-replace", "text/html, application/json"];

/** What a page of a model's server reached. */
interface Report {
  readonly secret: string;
  readonly api: number;
  readonly worker: string;
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe.each(TARGETS)("security: what models' servers answer on %s", (target) => {
  const reports: Report[] = [];
  const seenByPeer: string[] = [];
  const collector = Bun.serve({
    port: 0,
    async fetch(request) {
      if (request.method === "POST") reports.push((await request.json()) as Report);
      return new Response();
    },
  });
  const peer = Bun.serve({
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      seenByPeer.push(
        `${request.method} ${pathname}${search} ${request.headers.get("authorization")} ${body}`,
      );
      if (body.includes("redirect me")) return Response.redirect("/elsewhere", 307);
      return new Response("<script>1</script>", { headers: { "content-type": "text/html" } });
    },
  });
  let place: Place;
  let server: TestServer;
  beforeAll(async () => {
    place = createPlace();
    place.write(
      "hearth.yaml",
      `startPort: ${takePorts()}
models: {a: {cmd: ${JSON.stringify(upstreamCommand(`--attack ${collector.url.href}`))}}}
peers: {there: {proxy: "http://127.0.0.1:${peer.port}", apiKey: theirs, models: [far]}}
`,
    );
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all([collector.stop(true), peer.stop(true)]);
    place.remove();
  });
  const typed = (types: readonly string[]) =>
    types.map((type) => `type=${encodeURIComponent(type)}`).join("&");

  test.each([[], ["text/html", "application/json"], ...[...ACTIVE, ...ODD].map((type) => [type])])(
    "%p %p is plain text under /v1, and sandboxed below /upstream",
    async (...types) => {
      const given = types.filter((type): type is string => typeof type === "string");
      const data = await server.get(`/v1/some/page?model=a&${typed(given)}`);
      expect(data.status).toBe(200);
      expect(data.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(data.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
      const page = await server.get(`/upstream/a/page?${typed(given)}`);
      expect(page.headers.get("content-security-policy")).toMatch(/^sandbox /);
      expect(page.headers.get("content-security-policy")).not.toContain("same-origin");
      for (const { headers } of [data, page]) {
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        const forbidden = ["access-control-allow-origin", "clear-site-data", "link", "location", "refresh"];
        const foreign = [...forbidden, "service-worker-allowed", "set-cookie", "x-hearth-variables"];
        expect(foreign.filter((name) => headers.has(name))).toEqual([]);
        expect([headers.get("openai-processing-ms"), headers.get("retry-after")]).toEqual(["5", "7"]);
        expect(headers.get("x-request-id")).not.toBe("theirs");
      }
    },
  );

  test("JSON, events and media keep their types", async () => {
    for (const type of [
      "application/json",
      "text/event-stream",
      "image/png",
      "audio/mpeg",
      "application/x-ndjson",
    ]) {
      const answer = await server.get(`/v1/x?model=a&${typed([type])}`);
      expect(answer.headers.get("content-type")).toBe(type);
    }
  });

  test("no page loads an answer as its script, style or service worker", async () => {
    const site = { "sec-fetch-site": "same-origin" };
    for (const headers of [
      { ...site, "service-worker": "script", "sec-fetch-dest": "serviceworker" },
      { ...site, "sec-fetch-dest": "script" },
      { ...site, "sec-fetch-dest": "style" },
    ]) {
      for (const path of ["/upstream/a/x?type=text/javascript", "/v1/x?model=a"])
        expect((await server.get(path, headers)).status).toBe(403);
    }
  });

  test("a page of a model's server that a browser opens reaches nothing of hearth's", async () => {
    const { stdout } = await hearth(target, place, [
      "open",
      "--print",
      "--config",
      "hearth.yaml",
      "--port",
      "0",
    ]);
    await using open = await openPage(browser, stdout.trim());
    await open.page.getByText("live", { exact: true }).waitFor();
    const stored = () => open.page.evaluate("Object.values(sessionStorage).join()");
    expect(await stored()).not.toBe("");
    reports.length = 0;
    for (const type of [...ACTIVE, "text/html;charset=utf-8"]) {
      const before = reports.length;
      // In the very tab that is signed in, whose storage a page of the same origin could read.
      await open.page.goto(`${server.url}/upstream/a/page?${typed([type])}`);
      if (type !== "text/xml" && type !== "application/xml")
        await until(`${type} has tried`, () => reports.length > before);
      await open.page.goto(`${server.url}/v1/page?model=a&${typed([type])}`);
    }
    await open.page.goto(server.url);
    expect(await stored()).not.toBe("");
    expect(
      reports.filter(({ api, secret, worker }) => api === 200 || secret !== "" || worker !== ""),
    ).toEqual([]);
    expect(
      await open.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)"),
    ).toBe(0);
  });

  test("a peer is asked with its key for the API alone, for its own model, and its pages are text", async () => {
    seenByPeer.length = 0;
    const refused = [
      ["GET", "/upstream/far/"],
      ["GET", "/upstream/far/favicon.ico"],
      ["POST", "/upstream/far/api/models/unload"],
      ["DELETE", "/upstream/far/v1/chat/completions"],
      ["PUT", "/upstream/there/far/v1/chat/completions"],
      ["POST", "/upstream/far/v1/chat/../../api/write_data"],
      ["POST", "/upstream/far/v1/chat%2fcompletions"],
      ["POST", "/upstream/far//v1/chat/completions"],
      ["POST", "/upstream/far/v1/chat/completions/"],
      ["POST", "/upstream/far/%761/chat/completions"],
      ["GET", "/upstream/far/v1/models/secret"],
      ["GET", "/v1/files?model=far"],
      ["DELETE", "/v1/responses/1?model=far"],
      ["POST", "/v1/..%2fapi/control/reload?model=far"],
      ["GET", "/v1//models?model=far"],
    ] as const;
    for (const [method, path] of refused) {
      const body = method === "GET" ? undefined : JSON.stringify(chat("far"));
      const answer = await fetch(server.url + path, { method, body });
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      expect([method, path, answer.status, error.code]).toEqual([method, path, 403, "key-forbidden"]);
      expect(error.message).not.toContain("No model named");
    }
    expect(seenByPeer).toEqual([]);

    const answer = await server.post("/upstream/far/v1/chat/completions", chat("another"));
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    await server.post(
      "/v1/embeddings?model=x&model=far",
      '{"mod\\u0065l":"another","model":"far","input":"q"}',
    );
    await server.get("/v1/audio/voices?model=far&model=another");
    const form = new FormData();
    form.append("model", "far");
    form.append("model", "another");
    expect(
      (await fetch(`${server.url}/v1/audio/transcriptions`, { method: "POST", body: form })).status,
    ).not.toBe(200);
    expect((await server.get("/upstream/there/far/v1/models")).status).toBe(200);
    expect(seenByPeer.filter((line) => line.includes("another"))).toEqual([]);
    expect(seenByPeer.filter((line) => !line.includes("Bearer theirs"))).toEqual([]);
    expect(seenByPeer[0]).toContain('"model":"far"');

    const before = seenByPeer.length;
    const redirected = await fetch(`${server.url}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "far", prompt: "redirect me" }),
      redirect: "manual",
    });
    expect([redirected.status, redirected.headers.get("location")]).toEqual([307, null]);
    expect(seenByPeer.length).toBe(before + 1);
  });
});
