import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe.each(TARGETS)("security: what browsers ask on %s", (target) => {
  let place: Place;
  let server: TestServer;
  const site = Bun.serve({
    port: 0,
    fetch: (request) => {
      const to = new URL(request.url).searchParams.get("to");
      const html = { headers: { "content-type": "text/html" } };
      return to === null ? new Response("<title>site</title>", html) : Response.redirect(to, 302);
    },
  });
  beforeAll(async () => {
    place = createPlace();
    const model = `{cmd: ${JSON.stringify(upstreamCommand())}}`;
    place.write(
      "hearth.yaml",
      `startPort: ${takePorts()}\nmodels: {a: ${model}}\nallowedOrigins: ["${site.url.origin}"]\n`,
    );
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  });
  afterAll(async () => {
    await server.stop();
    await site.stop(true);
    place.remove();
  });
  const running = async () =>
    ((await (await server.get("/running")).json()) as { running: unknown[] }).running.length;
  const load = async () => expect((await server.post("/api/models/load/a", {})).status).toBe(200);

  test.each([
    [
      "an address that was typed, or a redirect",
      { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ],
    [
      "a link of this server's pages",
      { "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ],
    [
      "a frame",
      { "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    ],
    ["an image", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
    [
      "a redirected image",
      { "sec-fetch-site": "none", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    ],
    [
      "a prefetch",
      {
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "cors",
        "sec-fetch-dest": "empty",
        "sec-purpose": "prefetch",
      },
    ],
    ["an old prefetch", { purpose: "prefetch" }],
    ["a page without Sec-Fetch headers", { accept: "text/html,*/*;q=0.8", "upgrade-insecure-requests": "1" }],
    ["an image without Sec-Fetch headers", { accept: "image/avif,image/webp,*/*;q=0.8" }],
    ["a link of another site without Sec-Fetch headers", { referer: "http://elsewhere.example/" }],
  ] as const)("%s unloads and starts nothing", async (_, headers) => {
    await load();
    for (const method of ["GET", "HEAD"]) {
      const answer = await fetch(`${server.url}/unload`, { method, headers });
      expect([method, answer.status]).toEqual([method, 403]);
    }
    expect(await running()).toBe(1);
    for (const path of ["/v1/x?model=a", "/v1/audio/voices?model=a", "/props?model=a"])
      expect((await server.get(path, headers)).status).toBe(403);
  });

  test("a program, and a script of the server's own page or of an allowed one, may", async () => {
    const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
    for (const headers of [
      {},
      { ...script, "sec-fetch-site": "same-origin" },
      { ...script, "sec-fetch-site": "cross-site", origin: site.url.origin },
    ]) {
      await load();
      expect((await server.get("/unload", headers)).status).toBe(200);
      expect(await running()).toBe(0);
    }
  });

  test("a browser that follows a link's redirect to /unload unloads nothing", async () => {
    await load();
    const page = await browser.newPage();
    await page.goto(site.url.href);
    await page.goto(`${site.url.href}?to=${encodeURIComponent(`${server.url}/unload`)}`);
    expect(await page.locator("body").textContent()).toContain("origin-refused");
    expect(await running()).toBe(1);
    await page.close();
  });

  test("OpenAI's SDK works in a page of an allowed origin, whatever headers it sends", async () => {
    const sdk = new OpenAI({ apiKey: "x", baseURL: `${server.url}/v1`, dangerouslyAllowBrowser: true });
    const { req } = await sdk.buildRequest({
      method: "post",
      path: "/chat/completions",
      body: chat("a"),
    } as never);
    const names = [...new Headers(req.headers as never).keys()];
    expect(names.some((name) => name.startsWith("x-stainless-"))).toBe(true);
    const page = await browser.newPage();
    await page.goto(site.url.href);
    const send = `(async () => {
      const headers = ${JSON.stringify(Object.fromEntries(names.map((name) => [name, "application/json"])))};
      const body = ${JSON.stringify(JSON.stringify(chat("a")))};
      const answer = await fetch("${server.url}/v1/chat/completions", { method: "POST", headers, body });
      const put = await fetch("${server.url}/v1/responses/1?model=a", { method: "PUT", headers });
      return [answer.status, answer.headers.get("x-request-id") !== null, put.status];
    })()`;
    expect(await page.evaluate(send)).toEqual([200, true, 200]);
    await page.close();
  });

  test("a preflight allows the headers that are asked for, in sane form, and only for allowed origins", async () => {
    const ask = (origin: string, headers: string) =>
      fetch(`${server.url}/v1/chat/completions`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "PATCH",
          "access-control-request-headers": headers,
        },
      });
    const asked = "anthropic-version, x-stainless-os,x-api-key";
    const answer = await ask(site.url.origin, asked);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-headers")).toBe(asked);
    expect(answer.headers.get("access-control-allow-methods")).toContain("PATCH");
    for (const odd of ["a b", "x".repeat(5000), "a,,b", "ä"])
      expect((await ask(site.url.origin, odd)).headers.get("access-control-allow-headers")).toStartWith(
        "authorization",
      );
    expect(
      (await ask("http://elsewhere.example", asked)).headers.get("access-control-allow-headers"),
    ).toBeNull();
  });
});
