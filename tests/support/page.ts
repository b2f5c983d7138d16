import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { PROJECT } from "./targets.ts";

const AXE = readFileSync(join(PROJECT, "node_modules/axe-core/axe.min.js"), "utf8");

/** hearth's page in a browser, as one person has it. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** What the page said that no page should: errors, and warnings of the console. */
  readonly problems: readonly string[];
  /** Goes to a view by its link in the bar. */
  view(title: string): Promise<void>;
  /** What axe finds that is serious, as "rule: element". */
  axe(): Promise<readonly string[]>;
}

/** Opens an address in a profile of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({
    locale: "en-US",
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(50_000);
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error.stack ?? error)));
  await page.goto(url);
  await page.locator("h1").waitFor({ state: "attached" });
  return {
    page,
    problems,
    async view(title) {
      await page.getByRole("navigation").getByRole("link", { name: title, exact: true }).click();
      await page.waitForFunction((wanted) => document.title.startsWith(wanted), title);
    },
    async axe() {
      // By the debugger, which the page's policy does not bind.
      await page.evaluate(AXE);
      const found = (await page.evaluate("axe.run()")) as AxeResults;
      return found.violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}
