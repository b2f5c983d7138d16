import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** A headless Chromium, which comes by npm; on macOS and Windows the one that is installed. */
export async function launchChromium(): Promise<Browser> {
  if (process.platform !== "linux") return await playwright.launch({ channel: "chrome" });
  const executablePath = await chromium.executablePath();
  const args = chromium.args.filter((arg) => !UNWANTED.has(arg));
  return await playwright.launch({ executablePath, args });
}

const UNWANTED: ReadonlySet<string> = new Set([
  // In a single process, as it is meant for tiny machines, the first profile that is closed ends it.
  "--single-process",
  "--no-zygote",
  // What a page may reach is what is tested.
  "--disable-web-security",
  "--disable-site-isolation-trials",
  "--allow-running-insecure-content",
]);
