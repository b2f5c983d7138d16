import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** A headless Chromium, which comes by npm; on macOS and Windows the one that is installed. */
export async function launchChromium(): Promise<Browser> {
  if (process.platform !== "linux") return await playwright.launch({ channel: "chrome" });
  const executablePath = await chromium.executablePath();
  return await playwright.launch({ executablePath, args: chromium.args });
}
