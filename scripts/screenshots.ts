/**
 * `npm run screenshots`: makes the pictures of the page in docs/images, by a server of its own with examples and a scripted
 * model, so that they show what the page is now.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchChromium } from "../tests/support/chromium.ts";
import { openPage } from "../tests/support/page.ts";
import { createPlace } from "../tests/support/place.ts";
import { hearth } from "../tests/support/run.ts";
import { startServer } from "../tests/support/server.ts";
import { PROJECT } from "../tests/support/targets.ts";
import { upstreamCommand } from "../tests/support/upstream.ts";

const CONFIG = `
startPort: 27000
models:
  qwen3-0.6b: {cmd: ${JSON.stringify(upstreamCommand("--talk"))}, description: "small and quick", ttl: 600}
  llama-3.2-1b: {cmd: ${JSON.stringify(upstreamCommand())}}
  phi-4: {cmd: ${JSON.stringify(upstreamCommand("--crash"))}}
`;
const ROWS = 1_000_000;

const place = createPlace();
place.write("hearth.yaml", CONFIG);
const server = await startServer("binary", { place, args: ["--config", "hearth.yaml"] });
const browser = await launchChromium();
try {
  await useServer();
  const { stdout } = await hearth("binary", place, [
    "open",
    "--print",
    "--config",
    "hearth.yaml",
    "--port",
    "0",
  ]);
  await using open = await openPage(browser, stdout.trim(), { viewport: { width: 1280, height: 860 } });
  const { page } = open;
  const shoot = async (name: string) => {
    await page.waitForTimeout(1500); // what is drawn late, such as charts
    const folder = join(PROJECT, "docs/images");
    mkdirSync(folder, { recursive: true });
    // The model's command stands below: it has this machine's paths.
    await page.screenshot({
      path: join(folder, `page-${name}.png`),
      clip: { x: 0, y: 0, width: 1280, height: 630 },
    });
  };
  await page.getByText("live", { exact: true }).waitFor();
  await shoot("overview");
  await open.view("Models");
  await page.getByRole("link", { name: "qwen3-0.6b" }).click();
  await page.getByLabel("Message to qwen3-0.6b").fill("keep the fire burning while we sleep");
  await page.keyboard.press("Enter");
  await page.getByText(/first token after/).waitFor();
  await shoot("model");
  await open.view("Data");
  await page.getByRole("link", { name: place.data }).click();
  await page.getByRole("link", { name: "orders.parquet" }).click();
  await page.getByText("name 0", { exact: true }).waitFor();
  await shoot("data");
  await page.getByRole("tab", { name: "Columns" }).click();
  await page.getByRole("img", { name: "Distribution of city" }).waitFor();
  await shoot("columns");
  await open.view("Activity");
  await shoot("activity");
} finally {
  await browser.close();
  await server.stop();
  place.remove();
}

/** Some minutes of use in some seconds, so that there is something to see. */
async function useServer(): Promise<void> {
  const query = `select i as id, 'name ' || (i % 5000) as customer, round(exp((i * 7919) % 1000 / 180.0), 2) as price,
    date '2024-01-01' + cast(i % 700 as int) as day, i % 7 = 0 as paid,
    ['Berlin', 'Berlin', 'Berlin', 'Paris', 'Paris', 'Rome', 'Oslo'][1 + i % 7] as city from range(${ROWS}) t(i)`;
  const made = await server.post("/api/compute?format=parquet", {
    operation: "sql",
    data: [{ a: 1 }],
    params: { query },
  });
  writeFileSync(join(place.data, "orders.parquet"), new Uint8Array(await made.arrayBuffer()));
  const source = { type: "parquet", filename: "orders.parquet" };
  await server.post("/api/models/load/qwen3-0.6b", {});
  await server.post("/api/models/load/phi-4", {});
  for (let i = 0; i < 300; i++) {
    await server.get("/api/ping");
    if (i % 6 === 0)
      await server.post("/api/compute", {
        operation: "sql",
        data_source: source,
        params: { query: "select city, sum(price) from data group by all" },
      });
    if (i % 9 === 0)
      await server.post("/v1/chat/completions", {
        model: "qwen3-0.6b",
        messages: [{ role: "user", content: "hi" }],
      });
    if (i % 70 === 0)
      await server.post("/api/read_data", { data_source: { type: "csv", filename: "missing.csv" } });
    await Bun.sleep(70);
  }
}
