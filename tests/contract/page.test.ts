import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { freePort, takePorts } from "../support/ports.ts";
import { openPage } from "../support/page.ts";
import { createPlace, type Place } from "../support/place.ts";
import { hearth } from "../support/run.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { upstreamCommand } from "../support/upstream.ts";

const CONFIG = `
startPort: ${takePorts()}
models:
  org/talker: {cmd: ${JSON.stringify(upstreamCommand("--talk"))}, ttl: 600}
  broken: {cmd: ${JSON.stringify(upstreamCommand("--crash"))}}
`;

/** Rows whose texts would do harm if they became markup. */
const ROWS = Array.from(
  { length: 3000 },
  (_, n) => `${n},${n % 7 === 0 ? "" : n * 1.5},<img src=x onerror=alert(${n})>`,
);
const CSV = `id,value,text\n${ROWS.join("\n")}\n`;

const RUN = {
  kind: "operations",
  subject: "warm",
  time: "2026-01-02T03:04:05.000Z",
  headline: { name: "speed-up", value: 9, unit: "times", isLessBetter: false },
  command: "hearth bench operations",
  result: {},
};
const REPORT = {
  title: "What warm saves",
  time: RUN.time,
  facts: [{ name: "speed-up", value: "12 times" }],
  tables: [{ title: "Times", columns: ["what", "median"], rows: [["warm", "1 ms"]] }],
  charts: [
    {
      title: "Calls",
      kind: "line",
      x: "call",
      y: "ms",
      series: [
        {
          name: "warm",
          points: [
            [1, 2],
            [2, 3],
          ],
        },
      ],
    },
  ],
  notes: ["<b>measured</b> side by side"],
  versions: { bun: "1.4.5" },
  machine: { cpu: "some" },
  command: RUN.command,
};

const RUNS = [
  RUN,
  { ...RUN, time: "2026-02-02T03:04:05.000Z", headline: { ...RUN.headline, value: 12 }, report: REPORT },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe.each(TARGETS)("the page on %s", (target) => {
  let place: Place;
  let server: TestServer;
  beforeAll(async () => {
    place = createPlace();
    place.write("hearth.yaml", CONFIG);
    place.write("table.csv", CSV);
    const folder = join(place.env["HEARTH_STATE_DIR"] ?? "", "bench");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const run of RUNS)
      writeFileSync(join(folder, `${run.time.replaceAll(":", "-")}-operations.json`), JSON.stringify(run));
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  });
  afterAll(async () => {
    await server.stop();
    place.remove();
  });

  /** The link of `hearth open`, which asks the server by the owner's socket. */
  async function link(): Promise<string> {
    const { stderr, stdout } = await hearth(target, place, [
      "open",
      "--print",
      "--config",
      "hearth.yaml",
      "--port",
      "0",
    ]);
    if (stdout === "") throw new Error(stderr);
    return stdout.trim();
  }
  const openAsOwner = async (options?: BrowserContextOptions) => {
    const open = await openPage(browser, await link(), options);
    await open.page.getByText("live", { exact: true }).waitFor();
    return open;
  };

  test("without a sign-in it shows what anyone may see, and keeps the rest for the owner", async () => {
    await using open = await openPage(browser, server.url);
    await open.page.getByText("live", { exact: true }).waitFor();
    for (const title of ["Activity", "Logs", "Benchmarks", "Configuration"]) {
      await open.view(title);
      await open.page.getByText("This is for the owner of the server").waitFor();
    }
    await open.view("Models");
    await open.page.getByRole("link", { name: "org/talker" }).waitFor();
    await open.view("Data");
    await open.page.getByRole("link", { name: place.data }).waitFor();
    expect(open.problems).toEqual([]);
  });

  test("a link of hearth open signs one page in; opened again it signs all out", async () => {
    const url = await link();
    await using first = await openPage(browser, url);
    await first.view("Configuration");
    await first.page.getByText("idleTimeout", { exact: true }).waitFor();
    expect(first.page.url()).not.toContain("open=");
    // Another tab is another person until it has a link of its own.
    await using stranger = await openPage(browser, server.url);
    await stranger.view("Logs");
    await stranger.page.getByText("This is for the owner of the server").waitFor();
    await using second = await openPage(browser, url);
    await second.page.getByText("all pages are signed out now").waitFor();
    await first.page.reload();
    await first.page.getByText("This server wants a sign-in").waitFor();
    await first.page.getByRole("button", { name: "Sign out" }).click();
    await first.page.getByText("live", { exact: true }).waitFor();
  });

  test("the overview has the figures of the server and its warnings, with what to do", async () => {
    await using open = await openAsOwner();
    const { page } = open;
    const requests = page
      .locator(".tile", { has: page.getByText("Requests", { exact: true }) })
      .locator("dd");
    const before = Number(/^[\d,]+/.exec(await requests.innerText())?.[0].replaceAll(",", ""));
    for (let i = 0; i < 20; i++) await server.get("/api/ping");
    await until("the requests are counted", async () => {
      return Number(/^[\d,]+/.exec(await requests.innerText())?.[0].replaceAll(",", "")) >= before + 20;
    });
    await server.post("/api/models/load/broken", {});
    await page.getByText("broken could not start").waitFor();
    await page.getByText("Its log says more").waitFor();
    await page.locator(".chart canvas").first().waitFor();
    await page.getByRole("link", { name: "/api/ping" }).waitFor();
    expect(open.problems).toEqual([]);
  });

  test("models are loaded, talked to and unloaded; why one can't start is said", async () => {
    await using open = await openAsOwner();
    const { page } = open;
    await open.view("Models");
    const row = page.getByRole("row", { name: "org/talker" });
    await row.getByRole("button", { name: "Load" }).click();
    await row.getByText("ready", { exact: true }).waitFor();
    await row.getByRole("button", { name: "Pin" }).click();
    await row.getByText("never", { exact: true }).waitFor();
    await page.getByRole("link", { name: "org/talker" }).click();
    await page.getByLabel("Message to org/talker").fill("one <b>two</b> three");
    await page.keyboard.press("Enter");
    await page.getByText("You said: one <b>two</b> three").waitFor();
    await page.getByText(/first token after .*, \d+ (pieces|tokens)/).waitFor();
    // Its secret is hearth's: the model's server never sees it.
    await page.getByLabel("Output of org/talker").getByText("/v1/chat/completions").waitFor();
    await page.getByText("upstream.ts").first().waitFor();
    await page.getByRole("button", { name: "Unload" }).click();
    await page.getByText("stopped", { exact: true }).waitFor();
    await open.view("Models");
    await page.getByRole("row", { name: "broken" }).getByRole("button", { name: "Load" }).click();
    await page.getByRole("alert").getByText("no such device").waitFor();
    expect(open.problems.filter((problem) => !problem.includes("503"))).toEqual([]);
  });

  test("a file is seen as rows and columns, filtered, sorted, asked by SQL, and downloaded", async () => {
    await using open = await openAsOwner();
    const { page } = open;
    await open.view("Data");
    await page.getByRole("link", { name: place.data }).click();
    await page.getByRole("link", { name: "table.csv" }).click();
    await page.getByText("3,000 rows, 3 columns").waitFor();
    const table = page.getByRole("table", { name: /table\.csv/ });
    await table.getByText("<img src=x onerror=alert(0)>").waitFor();
    await table.focus();
    await page.keyboard.press("End");
    await table.getByText("<img src=x onerror=alert(2999)>").waitFor();
    expect(await table.getByRole("row").count()).toBeLessThan(100);

    await page.getByLabel("Only rows where").fill("id >= 10 and id < 20 -- ten");
    await page.keyboard.press("Enter");
    await page.getByText("10 rows, 3 columns").waitFor();
    await table.getByRole("button", { name: "id" }).click();
    await table.getByRole("button", { name: "id" }).click();
    await until("it is sorted", async () =>
      (await table.getByRole("row").nth(1).innerText()).includes("alert(19)"),
    );
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV", exact: true }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("table.csv");
    const csv = await new Response(Bun.file(await file.path())).text();
    expect(csv.split("\n").slice(0, 2)).toEqual(["id,value,text", "19,28.5,<img src=x onerror=alert(19)>"]);

    await page.getByText("SQL", { exact: true }).click();
    await page.getByLabel(/^SQL over/).fill("select count(*) as n, sum(id) as total from data; ");
    await page.keyboard.press("Control+Enter");
    await page.getByText("1 rows, 2 columns").waitFor();
    await table.getByText("4498500").waitFor();
    await page.getByLabel(/^SQL over/).fill("select nothing from data");
    await page.getByRole("button", { name: "Run" }).click();
    await page
      .getByRole("alert")
      .getByText(/nothing/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "All rows" }).click();
    await page.getByRole("tab", { name: "Columns" }).click();
    await page.getByRole("region", { name: "Column value" }).getByText("429 (14.3 %)").waitFor();
    await page.getByRole("img", { name: "Distribution of id" }).waitFor();
    expect(open.problems.filter((problem) => !problem.includes("400"))).toEqual([]);
  });

  test("a session is seen with what it looks at and its values", async () => {
    place.write("grades.yml", "input: {type: csv, filename: table.csv, directory: ., index: id}\n");
    const made = await server.post("/api/sessions", { interface_file: "grades.yml" });
    const { session } = (await made.json()) as { session: { session_id: string } };
    await server.post(`/api/sessions/${session.session_id}/set_index`, { index: 14 });
    await server.post(`/api/sessions/${session.session_id}/set_column`, { column: "value" });
    await using open = await openAsOwner();
    await open.view("Data");
    await open.page.getByRole("link", { name: "grades.yml" }).click();
    for (const [name, value] of [
      ["index", "14"],
      ["column", "value"],
    ] as const) {
      await open.page.locator(".tile", { hasText: name }).getByText(value, { exact: true }).first().waitFor();
    }
    await open.page.getByText("<img src=x onerror=alert(13)>").waitFor();
    await open.page.getByText("The first 500 rows").waitFor();
    expect(open.problems).toEqual([]);
  });

  test("activity has what was answered with its log lines, and cancels what runs", async () => {
    await using open = await openAsOwner();
    const { page } = open;
    await open.view("Activity");
    const failing = await server.get("/api/nowhere", { "x-request-id": "lost-one" });
    expect(failing.status).toBe(404);
    await page.getByLabel("Request", { exact: true }).fill("lost-one");
    await page.getByRole("button", { name: "lost-one" }).click();
    await page.locator("table.log").getByText("endpoint-unknown").waitFor();
    const body = { model: "org/talker", messages: [], stream: true, chunks: 1000, every: 50 };
    const streaming = server
      .post("/v1/chat/completions", body, { "x-request-id": "long-one" })
      .then((answer) => answer.text());
    await page.getByRole("button", { name: "Cancel long-one" }).click();
    expect(await streaming).toContain("error");
    await page.getByText("Nothing is running.").waitFor();
    const thinking = server.post(
      "/v1/chat/completions",
      { model: "org/talker", messages: [], think: 30_000 },
      { "x-request-id": "thinking-one" },
    );
    await page.getByRole("button", { name: "Cancel thinking-one" }).click();
    expect((await thinking).status).toBe(499);
    expect(open.problems).toEqual([]);
  });

  test("logs come as they are written, and can be narrowed down", async () => {
    await using open = await openAsOwner();
    const { page } = open;
    await open.view("Logs");
    await page.getByText("started", { exact: false }).first().waitFor();
    await server.get("/api/nowhere", { "x-request-id": "for-the-log" });
    await page.getByText(/for-the-log/).waitFor();
    await page.getByLabel("Level").selectOption("error");
    await until("lower levels are gone", async () => (await page.getByText(/for-the-log/).count()) === 0);
    expect(open.problems).toEqual([]);
  });

  test("benchmarks are listed, compared, and shown as reports", async () => {
    await using open = await openAsOwner();
    const { page } = open;
    await open.view("Benchmarks");
    await page.getByText("33.3 % better").waitFor();
    for (const box of await page.getByRole("checkbox").all()) await box.check();
    await page.getByText("The later one is 33.3 % better.").waitFor();
    await page.getByRole("link", { name: /2026-02-02/ }).click();
    await page.getByText("<b>measured</b> side by side").waitFor();
    await page.locator(".chart canvas").waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    expect(await new Response(Bun.file(await file.path())).text()).toContain("What warm saves");
    expect(open.problems).toEqual([]);
  });

  test("the configuration says where each value came from, and the API is described", async () => {
    await using open = await openAsOwner();
    const { page } = open;
    await open.view("Configuration");
    await page
      .getByRole("row", { name: /^port/ })
      .getByText(/flag|command line/)
      .waitFor();
    await open.view("API");
    await page.getByLabel("Find").fill("read_data");
    await page.getByText("/api/read_data").click();
    await page.getByText("Body: application/json").click();
    await page.goto(`${server.url}/docs`);
    await page.getByText("/api/read_data").waitFor();
    expect(open.problems).toEqual([]);
  });

  // The page is the same from every server.
  test.each(target === TARGETS[0] ? (["light", "dark"] as const) : [])(
    "nothing serious stands in anybody's way, %s, also on a phone",
    async (colorScheme) => {
      await using open = await openAsOwner({ colorScheme, viewport: { width: 390, height: 800 } });
      const { page } = open;
      const found: string[] = [];
      for (const title of [
        "Overview",
        "Models",
        "Data",
        "Activity",
        "Logs",
        "Benchmarks",
        "Configuration",
        "API",
      ]) {
        await open.view(title);
        await page.locator("main section").first().waitFor();
        found.push(...(await open.axe()).map((problem) => `${title}: ${problem}`));
        const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        if (Number(overflow) > 0) found.push(`${title}: ${String(overflow)} pixels wider than the screen`);
      }
      for (const hash of [
        "#/models/org/talker",
        `#/data?file=${encodeURIComponent(`${place.data}/table.csv`)}`,
      ]) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        await page.locator(hash.startsWith("#/data") ? ".grid" : "textarea").waitFor();
        found.push(...(await open.axe()).map((problem) => `${hash}: ${problem}`));
      }
      expect(found).toEqual([]);
    },
  );

  test("the keyboard alone leads everywhere", async () => {
    await using open = await openAsOwner();
    const { page } = open;
    await page.keyboard.press("4");
    await page.waitForFunction(() => document.title.startsWith("Activity"));
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement?.tagName")).toBe("INPUT");
    await page.keyboard.type("5"); // a letter now, no way to a view
    expect(await page.title()).toStartWith("Activity");
    expect(open.problems).toEqual([]);
  });

  test("when the server leaves, the page is asleep, and a click wakes what is there again", async () => {
    const other = createPlace();
    const port = await freePort();
    const start = () => startServer(target, { place: other, args: ["--port", String(port)] });
    let second = await start();
    try {
      await using open = await openPage(browser, second.url);
      const { page } = open;
      await page.getByText("live", { exact: true }).waitFor();
      await second.stop();
      await page.getByText("asleep").first().waitFor();
      second = await start();
      await Bun.sleep(1500); // it must not come back by itself
      expect(await page.getByText("live", { exact: true }).count()).toBe(0);
      await page.getByRole("button", { name: "Wake" }).click();
      await page.getByText("live", { exact: true }).waitFor();
    } finally {
      await second.stop();
      other.remove();
    }
  });

  test("a program that takes the server's port gets nothing of a signed-in page", async () => {
    const other = createPlace();
    const port = await freePort();
    const start = () => startServer(target, { place: other, args: ["--port", String(port)] });
    let owners = await start();
    const heard: string[] = [];
    try {
      const { stdout } = await hearth(target, other, ["open", "--print", "--port", String(port)]);
      await using open = await openPage(browser, stdout.trim());
      const { page } = open;
      await page.getByText("live", { exact: true }).waitFor();
      const secret = (await page.evaluate("Object.values(sessionStorage)[0]")) as string;
      expect(secret).toStartWith("hearth-page-");
      owners.signal("SIGKILL");
      await owners.exited;
      const stranger = Bun.serve({
        port,
        hostname: "127.0.0.1",
        async fetch(request) {
          heard.push([...request.headers].join("\n") + (await request.text()));
          return Response.json({ status: "success", proof: "0".repeat(64), serverNonce: "1.0.0" });
        },
      });
      await page.getByText("another program is here").waitFor();
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("another program is here").waitFor();
      await stranger.stop(true);
      expect(heard.length).toBeGreaterThan(1);
      expect(heard.filter((text) => text.includes(secret))).toEqual([]);
      // The server itself is known again, and the sign-in with it.
      owners = await start();
      // What was on its way when the server was killed is worth nothing at the next one.
      for (const [, token = ""] of heard.join("\n").matchAll(/authorization,(.*)/g)) {
        expect((await owners.get("/api/config", { authorization: token })).status).toBe(401);
      }
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("live", { exact: true }).waitFor();
      await open.view("Configuration");
      await page.getByText("idleTimeout", { exact: true }).waitFor();
    } finally {
      await owners.stop();
      other.remove();
    }
  });

  test("its policy lets no text become code, and its files are packed and kept", async () => {
    const shell = await server.get("/");
    expect(shell.headers.get("content-security-policy")).toContain("script-src 'self'");
    const text = await shell.text();
    const name = /assets\/(main-\w+\.js)/.exec(text)?.[1];
    const asset = await server.get(`/assets/${name}`, { "accept-encoding": "gzip" });
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(await asset.text()).toContain("hearth");
    expect((await server.get("/assets/../manifest.json")).status).toBe(404);
    expect((await server.get("/assets/manifest.json")).status).toBe(404);
    expect((await server.get("/", { host: "evil.example" })).status).toBe(403);
  });
});
