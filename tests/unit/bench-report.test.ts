import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { htmlReport } from "../../src/bench/report/html.ts";
import type { Report } from "../../src/bench/report/report.ts";
import { launchChromium } from "../support/chromium.ts";

const REPORT: Report = {
  title: "Serving speed of <script>alert(1)</script>",
  time: "2026-01-02T03:04:05.000Z",
  facts: [{ name: "first token from cold", value: "1.2 s" }],
  tables: [{ title: "Rows", columns: ["", "tokens/s"], rows: [["one at a time", "12"]] }],
  charts: [
    {
      title: "Over time",
      kind: "line",
      x: "round",
      y: "ms",
      series: [
        {
          name: "a",
          points: [
            [1, 5],
            [2, 7],
            [3, 6],
          ],
        },
      ],
    },
    {
      title: "Over concurrency",
      kind: "bar",
      x: "requests",
      y: "tokens/s",
      series: [
        {
          name: "a",
          points: [
            ["1", 5],
            ["4", 9],
          ],
        },
        {
          name: "b",
          points: [
            ["1", 3],
            ["4", 4],
          ],
        },
      ],
    },
  ],
  notes: ["A note."],
  versions: {},
  machine: { cpu: "C", cores: 2, memoryBytes: 8e9, system: "linux", hearth: "0", runtime: "bun" },
  command: "hearth bench serving a b",
};

let browser: Browser;
let folder: string;
beforeAll(async () => {
  browser = await launchChromium();
  folder = mkdtempSync(join(tmpdir(), "hearth-report-"));
}, 60_000);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

test("a report in a real browser: charts are drawn, nothing is fetched, the console is silent", async () => {
  const file = join(folder, "report.html");
  writeFileSync(file, await htmlReport(REPORT));
  const page = await browser.newPage();
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`file://${file}`);
  expect([said, asked]).toEqual([[], [`file://${file}`]]);
  expect(await page.title()).toBe(REPORT.title);
  const sizes = await page.locator("figure svg").evaluateAll((charts) =>
    charts.map((chart) => {
      const { height, width } = chart.getBoundingClientRect();
      return [
        width > 300,
        height > 150,
        chart.querySelectorAll("path[fill^='#'], path[stroke^='#']").length > 5,
      ];
    }),
  );
  expect(sizes).toEqual([
    [true, true, true],
    [true, true, true],
  ]);
  // On a phone nothing stands out to the side.
  await page.setViewportSize({ width: 360, height: 700 });
  const overflow = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow).toBe(0);
  await page.close();
});
