import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** A headless Chromium, which comes by npm; on macOS and Windows the one that is installed. */
export async function launchChromium(): Promise<Browser> {
  if (process.platform !== "linux") return await playwright.launch({ channel: "chrome" });
  const executablePath = await chromium.executablePath();
  // In a single process, as it is meant for tiny machines, the first profile that is closed ends it.
  const args = chromium.args.filter((arg) => arg !== "--single-process" && arg !== "--no-zygote");
  return await playwright.launch({ executablePath, args });
}
