import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { loadRuntime } from "../../src/runtime/detect.ts";
import { createLaunchd } from "../../src/service/launchd.ts";
import type { ServicePlan } from "../../src/service/plan.ts";
import { installService, serviceStatus, uninstallService } from "../../src/service/service.ts";

/** Stands in for macOS's own tool: it notes its calls, and knows which agent is loaded. */
const LAUNCHCTL = `#!/bin/sh
echo "$*" >> "$HOME/calls"
case $1 in
  bootstrap) [ -e "$HOME/refuse" ] && { echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; }; touch "$HOME/loaded" ;;
  bootout) rm "$HOME/loaded" ;;
  print) case $2 in gui/*/*) [ -e "$HOME/loaded" ] || exit 113; printf '\\tpid = 12\\n\\tstate = running\\n' ;; esac ;;
esac
`;

test("an agent is loaded, told of, loaded anew and taken away", async () => {
  const home = mkdtempSync(join(tmpdir(), "hearth-launchd-"));
  try {
    mkdirSync(join(home, "bin"));
    writeFileSync(join(home, "bin/launchctl"), LAUNCHCTL);
    chmodSync(join(home, "bin/launchctl"), 0o755);
    const env = { HOME: home, PATH: `${home}/bin:/usr/bin:/bin` };
    const manager = createLaunchd(await loadRuntime(), env);
    const calls = () => readFileSync(join(home, "calls"), "utf8").trim().split("\n");
    const path = join(home, "Library/LaunchAgents/local.hearth.plist");
    const domain = `gui/${process.getuid?.()}`;
    const room = async () => {};
    const plan = planIn(home);

    expect(await serviceStatus(manager, plan)).toMatchObject({ isInstalled: false });
    writeFileSync(join(home, "refuse"), "");
    await expect(installService(manager, plan, room)).rejects.toThrow("Input/output error");
    expect(existsSync(path)).toBe(false);
    rmSync(join(home, "refuse"));

    await manager.check();
    await installService(manager, plan, room);
    expect(calls().slice(-2)).toEqual([`enable ${domain}/local.hearth`, `bootstrap ${domain} ${path}`]);
    const status = await serviceStatus(manager, plan);
    expect(status).toMatchObject({
      isActive: true,
      server: "running",
      address: "127.0.0.1:8765",
      problems: [],
    });
    expect(manager.startCommand("default")).toEqual(["launchctl", "kickstart", `${domain}/local.hearth`]);

    const before = readFileSync(path, "utf8");
    await installService(manager, { ...plan, environment: { PATH: "/bin" } }, room);
    expect(readFileSync(path, "utf8")).not.toBe(before);
    expect(calls().filter((call) => call.startsWith("bootout")).length).toBeGreaterThan(0);
    await expect(installService(manager, { ...plan, id: "elsewhere" }, room)).rejects.toThrow(
      "another state folder",
    );

    rmSync(join(home, "loaded"));
    expect((await serviceStatus(manager, plan)).problems).toEqual([
      `It is not loaded: launchctl bootstrap ${domain} "${path}"`,
    ]);
    expect(await uninstallService(manager, plan)).toEqual([path]);
    expect(await uninstallService(manager, plan)).toEqual([]);
    expect(existsSync(path)).toBe(false);
  } finally {
    rmSync(home, { recursive: true });
  }
});

function planIn(home: string): ServicePlan {
  return {
    key: "default",
    id: "abcd1234",
    command: [process.execPath, "serve", "--service", "hearth"],
    environment: { PATH: "/usr/bin:/bin" },
    address: { host: "127.0.0.1", port: 8765 },
    guestSocketPath: join(home, "guests.sock"),
    outputPath: join(home, "start.log"),
  };
}
