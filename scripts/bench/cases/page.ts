import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../../../tests/support/chromium.ts";
import { PROJECT } from "../../../tests/support/targets.ts";
import { median } from "../measure.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, Workplace } from "../workplace.ts";

const LOADS = 15;
const ROWS = 1_000_000;
const JUMPS = 40;
const SETTLED_MS = 2500;
/** Jiffies a second, as /proc counts them. */
const TICKS = 100;

/** What the page costs whoever opens it: until something is seen, and until a million rows can be looked at. */
export const page: Benchmark = {
  name: "page",
  async run() {
    await using place = new Workplace();
    const port = freePort();
    const { pid } = await place.serveHearth("binary", port);
    const url = `http://127.0.0.1:${port}`;
    const browser = await launchChromium();
    try {
      return [...(await firstPaint(browser, url)), ...(await millionRows(browser, url, place, pid))];
    } finally {
      await browser.close();
    }
  },
};

/** What an open page costs a server that nobody uses, over ten minutes. */
export const idlePage: Benchmark = {
  name: "idle-page",
  async run() {
    await using place = new Workplace();
    const port = freePort();
    const { pid } = await place.serveHearth("binary", port);
    const browser = await launchChromium();
    try {
      const opened = await open(browser, `http://127.0.0.1:${port}`);
      await opened.getByText("live", { exact: true }).waitFor();
      const share = async (seconds: number) => {
        const before = ticksOf(pid);
        await Bun.sleep(seconds * 1000);
        return ((ticksOf(pid) - before) / TICKS / seconds) * 100;
      };
      const percent = await share(600);
      const value = `${shown(percent)} % of a core`;
      return [
        bounded(
          "an idle server with one page open for 10 minutes",
          percent,
          { atMost: 0.5 },
          { value, unit: " %" },
        ),
      ];
    } finally {
      await browser.close();
    }
  },
};

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 900 } });
  const opened = await context.newPage();
  await opened.goto(url);
  return opened;
}

async function firstPaint(browser: Browser, url: string): Promise<Figure[]> {
  const paints: number[] = [];
  for (let i = 0; i < LOADS; i++) {
    // A profile of its own each time: nothing of the page is kept from before.
    const opened = await open(browser, url);
    await opened.locator("h1").waitFor({ state: "attached" });
    const paint = await opened.waitForFunction(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    );
    paints.push(Number(await paint.jsonValue()));
    await opened.context().close();
  }
  const folder = join(PROJECT, "dist/page");
  const packed = readdirSync(folder).filter((name) => name.endsWith(".gz"));
  const kilobytes = packed.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 1000;
  const first = median(paints);
  return [
    bounded(
      "page: first contentful paint, nothing cached",
      first,
      { atMost: 300 },
      {
        value: `${shown(first)} ms (longest ${shown(Math.max(...paints))} ms)`,
        unit: " ms",
      },
    ),
    bounded(
      "page: all its files, packed",
      kilobytes,
      { atMost: 150 },
      { value: `${shown(kilobytes)} kB`, unit: " kB" },
    ),
  ];
}

async function millionRows(browser: Browser, url: string, place: Workplace, pid: number): Promise<Figure[]> {
  const file = join(place.folder, "million.parquet");
  writeFileSync(file, await madeRows(url));
  // For two seconds a file that was just written is compared by its content with every look.
  await Bun.sleep(SETTLED_MS);
  const opened = await open(browser, url);
  await opened.getByText("live", { exact: true }).waitFor();
  const began = performance.now();
  await opened.evaluate(
    (hash) => {
      location.hash = hash;
    },
    `#/data?file=${encodeURIComponent(file)}`,
  );
  await opened.locator(".grid").getByText("name 0", { exact: true }).waitFor();
  const firstMs = performance.now() - began;
  const jumps: number[] = [];
  for (let i = 0; i < JUMPS; i++) jumps.push(await jump(opened, (i * 0.618_034) % 1));
  const megabytes = residentKilobytes(pid).reduce((sum, size) => sum + size, 0) / 1000;
  await opened.context().close();
  const longest = Math.max(...jumps);
  return [
    bounded(
      "a Parquet file of a million rows: first rows seen",
      firstMs,
      { atMost: 1000 },
      {
        value: `${shown(firstMs)} ms`,
        unit: " ms",
      },
    ),
    bounded(
      `the same: ${JUMPS} jumps to any place, the longest`,
      longest,
      { atMost: 200 },
      {
        value: `${shown(longest)} ms (median ${shown(median(jumps))} ms)`,
        unit: " ms",
      },
    ),
    {
      what: "the same: memory of server and engine after it",
      reached: `${shown(megabytes)} MB`,
      mustReach: "bounded",
      isReached: undefined,
    },
  ];
}

/** Milliseconds from a jump of the scroll bar until the rows there are seen. */
async function jump(opened: Page, share: number): Promise<number> {
  return await opened.evaluate(async (part) => {
    const grid = document.querySelector(".grid") as HTMLElement;
    const beganMs = performance.now();
    grid.scrollTop = part * (grid.scrollHeight - grid.clientHeight);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const isThere = () => {
      const { bottom, top } = grid.getBoundingClientRect();
      const seen = [...grid.querySelectorAll(".grid-body .grid-row")].filter((row) => {
        const place = row.getBoundingClientRect();
        return place.bottom > top + 30 && place.top < bottom;
      });
      return seen.length > 10 && seen.every((row) => !row.classList.contains("coming"));
    };
    while (!isThere()) await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.now() - beganMs;
  }, share);
}

async function madeRows(url: string): Promise<Uint8Array> {
  const query = `select i as id, 'name ' || (i % 5000) as name, (i * 7919) % 100003 / 100 as price,
    date '2020-01-01' + cast(i % 1500 as int) as day, i % 7 = 0 as flag, ['Berlin', 'Paris', 'Rome', 'Oslo'][1 + i % 4] as city
    from range(${ROWS}) t(i)`;
  const response = await fetch(`${url}/api/compute?format=parquet`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ operation: "sql", data: [{ a: 1 }], params: { query } }),
  });
  if (!response.ok) throw new Error(await response.text());
  return new Uint8Array(await response.arrayBuffer());
}

/** Of a process and its children. */
function residentKilobytes(pid: number): number[] {
  const own = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return [own, ...children.flatMap((child) => residentKilobytes(Number(child)))];
}

/** Time on a processor, in ticks. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
