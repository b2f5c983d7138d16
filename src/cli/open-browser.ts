import { spawn } from "node:child_process";

/** What opens an address on this system, the usual one first. */
function openers(env: NodeJS.ProcessEnv): readonly string[] {
  if (process.platform === "darwin") return ["open"];
  const hasScreen = env["DISPLAY"] !== undefined || env["WAYLAND_DISPLAY"] !== undefined;
  // In Windows' Linux the browser is that of Windows.
  const isWsl = env["WSL_DISTRO_NAME"] !== undefined;
  return [
    ...(env["BROWSER"] === undefined ? [] : [env["BROWSER"]]),
    ...(isWsl ? ["wslview"] : []),
    ...(hasScreen ? ["xdg-open"] : []),
  ];
}

/** Lets the browser open an address; false: there is none. Whether it then shows the page, nobody can tell from here. */
export async function openInBrowser(url: string): Promise<boolean> {
  for (const opener of openers(process.env)) if (await starts(opener, url)) return true;
  return false;
}

function starts(program: string, url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, [url], { detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
