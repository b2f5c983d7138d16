import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { openPage } from "../support/page.ts";
import { createPlace } from "../support/place.ts";
import { RUNTIMES, scriptCommand } from "../support/targets.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe.each(RUNTIMES)("the page in a %s program", (runtime) => {
  test("works below the program's prefix, for the owner that the program names", async () => {
    const place = createPlace();
    place.write("a.csv", "x,y\n1,2\n3,4\n");
    const command = scriptCommand(runtime, join(import.meta.dir, "programs/page.ts"));
    const child = Bun.spawn(command, {
      cwd: place.data,
      env: place.env,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    try {
      const said = new TextDecoder().decode((await child.stdout.getReader().read()).value);
      const { url } = JSON.parse(said) as { url: string };
      await using open = await openPage(browser, url);
      const { page } = open;
      await page.getByText("live", { exact: true }).waitFor();
      await open.view("Data");
      await page.getByRole("link", { name: "a.csv" }).click();
      await page.getByText("2 rows, 2 columns").waitFor();
      await open.view("Activity");
      await page.getByLabel("Or a token or key").fill("boss");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("POST /api/compute").first().waitFor();
      await open.view("Logs");
      await page.getByText("no log of its own").waitFor();
      await open.view("Configuration");
      await page.getByText("The program that holds this hearth configures it.").waitFor();
      expect(open.problems).toEqual([]);
      child.stdin.end();
      await page.getByText("asleep").first().waitFor();
      expect(await child.exited).toBe(0);
    } finally {
      child.kill("SIGKILL");
      place.remove();
    }
  });
});
