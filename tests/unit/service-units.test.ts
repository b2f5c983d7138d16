import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, test } from "bun:test";
import { instanceOf } from "../../src/lifecycle/instance.ts";
import { launchdAgent } from "../../src/service/launchd-plist.ts";
import { readMark } from "../../src/service/mark.ts";
import { guestSocketOf, serviceName, type ServicePlan } from "../../src/service/plan.ts";
import { parseUnitStates, stateOf } from "../../src/service/systemd-state.ts";
import { systemdUnits, unitNames } from "../../src/service/systemd-units.ts";
import { unitEnvironment, unitValues, unitWords } from "../support/service.ts";

const PROXY = "/usr/lib/systemd/systemd-socket-proxyd";
const NASTY = [
  "plain",
  "with blank",
  "100%",
  "%h",
  "$HOME",
  "${HOME}",
  'say "so"',
  "it's",
  "back\\slash",
  "a;b|c&d",
  "tab\there",
  "new\nline",
  "-- two dashes --",
  "<&>",
  "Žluťoučký",
  "",
];

function planOf(changed: Partial<ServicePlan> = {}): ServicePlan {
  return {
    key: "default",
    id: "abcd1234",
    command: ["/opt/my tools 100%/hearth", "serve", "--service", "--directory", "/"],
    environment: { PATH: "/usr/bin:/bin" },
    address: { host: "127.0.0.1", port: 8765 },
    guestSocketPath: "/home/you/.local/state/hearth/instances/default/guests.sock",
    outputPath: "/home/you/.local/state/hearth/instances/default/start.log",
    ...changed,
  };
}

function unitsOf(plan: ServicePlan) {
  const { proxy, server, socket } = unitNames(plan.key);
  const files = systemdUnits(plan, "/home/you/.config/systemd/user", PROXY);
  const textOf = (name: string) => files.find(({ path }) => basename(path) === name)?.text ?? "";
  return { files, server: textOf(server), proxy: textOf(proxy), socket: textOf(socket) };
}

describe("systemd's units", () => {
  test("the port leads to the proxy, and the proxy to the server's socket", () => {
    const { files, proxy, server, socket } = unitsOf(planOf());
    expect(files.map(({ path }) => path)).toEqual([
      "/home/you/.config/systemd/user/hearth.socket",
      "/home/you/.config/systemd/user/hearth-proxy.service",
      "/home/you/.config/systemd/user/hearth.service",
    ]);
    expect(unitValues(socket, "ListenStream")).toEqual(["127.0.0.1:8765"]);
    expect(unitValues(socket, "Service")).toEqual(["hearth-proxy.service"]);
    expect(unitValues(socket, "WantedBy")).toEqual(["sockets.target"]);
    expect([unitValues(proxy, "Wants"), unitValues(proxy, "After")]).toEqual([
      ["hearth.service"],
      ["hearth.service"],
    ]);
    const [led] = unitValues(proxy, "ExecStart").map((line) => unitWords(line));
    const [run] = unitValues(server, "ExecStart").map((line) => unitWords(line));
    expect(led?.[0]).toBe(PROXY);
    expect(led?.some((word) => word.startsWith("--exit-idle-time="))).toBe(true);
    expect(run?.slice(-3)).toEqual(["--no-tcp", "--guest-socket", led?.at(-1) ?? ""]);
    expect(unitValues(server, "Type")).toEqual(["notify"]);
  });

  test("an address of IPv6 stands in brackets", () => {
    const { socket } = unitsOf(planOf({ address: { host: "::1", port: 9000 } }));
    expect(unitValues(socket, "ListenStream")).toEqual(["[::1]:9000"]);
  });

  test("each word and each variable arrives as it is", () => {
    const environment = Object.fromEntries(NASTY.map((text, index) => [`V${index}`, text]));
    const guestSocketPath = "/home/a b/100%/$x/guests.sock";
    const plan = planOf({ command: ["/opt/x y/hearth", "serve", ...NASTY], environment, guestSocketPath });
    const { proxy, server } = unitsOf(plan);
    const [run] = unitValues(server, "ExecStart").map((line) => unitWords(line));
    expect(run).toEqual([...plan.command, "--no-tcp", "--guest-socket", guestSocketPath]);
    expect(unitEnvironment(server)).toEqual(environment);
    expect(unitWords(unitValues(proxy, "ExecStart")[0] ?? "").at(-1)).toBe(guestSocketPath);
  });

  test("the proxy is ended with the server, unless that could not even start", async () => {
    const { server } = unitsOf(planOf());
    const line = unitValues(server, "ExecStopPost")[0] ?? "";
    expect(line).toStartWith("-/bin/sh ");
    const [, ...words] = unitWords(line.slice(1));
    const say = (result: string) =>
      Bun.spawnSync(["/bin/sh", ...words.map((word) => word.replace("exec systemctl", "echo"))], {
        env: { SERVICE_RESULT: result },
      }).stdout.toString();
    for (const result of ["success", "signal", "oom-kill"])
      expect(say(result)).toBe("--user --no-block stop hearth-proxy.service\n");
    for (const result of ["exit-code", "protocol"]) expect(say(result)).toBe("");
  });

  test.skipIf(Bun.which("systemd-analyze") === null)("systemd itself finds nothing wrong with them", () => {
    const folder = mkdtempSync(join(tmpdir(), "hearth-units-"));
    try {
      const run = join(folder, "run");
      mkdirSync(run, { mode: 0o700 });
      const command = [process.execPath, "serve", ...NASTY] as const;
      const environment = Object.fromEntries(NASTY.map((text, index) => [`V${index}`, text]));
      const plan = planOf({ command, environment, guestSocketPath: "/home/a b/100%/$x/guests.sock" });
      const paths = unitsOf(plan).files.map(({ path, text }) => {
        const own = join(folder, basename(path));
        writeFileSync(own, text);
        return own;
      });
      const verify = () =>
        Bun.spawnSync(["systemd-analyze", "--user", "verify", ...paths], {
          env: { PATH: process.env["PATH"], HOME: folder, XDG_RUNTIME_DIR: run },
        }).stderr.toString();
      expect(verify()).toBe("");
      writeFileSync(paths[0] ?? "", "[Socket]\nListenStrem=1\n"); // and it would say so
      expect(verify()).toContain("ListenStrem");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("launchd's agent", () => {
  test("is started at login, and again only after a crash", () => {
    const { path, text } = launchdAgent(planOf(), "/Users/you");
    expect(path).toBe("/Users/you/Library/LaunchAgents/local.hearth.plist");
    expect(text.replace(/\s+/g, "")).toContain("<key>RunAtLoad</key><true/>");
    expect(text.replace(/\s+/g, "")).toContain(
      "<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>",
    );
    expect(text).not.toContain("--no-tcp");
  });

  test.skipIf(Bun.which("python3") === null)("is a property list that says what was planned", () => {
    // XML has no way to write a carriage return or a NUL; the others arrive.
    const environment = Object.fromEntries(NASTY.map((text, index) => [`V${index}`, text]));
    const plan = planOf({ command: ["/opt/a--b/hearth", "serve", ...NASTY], environment });
    const { text } = launchdAgent(plan, "/Users/you");
    const script = "import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";
    const { stdout } = Bun.spawnSync(["python3", "-c", script], { stdin: new TextEncoder().encode(text) });
    expect(JSON.parse(stdout.toString())).toEqual({
      Label: "local.hearth",
      ProgramArguments: [...plan.command],
      EnvironmentVariables: environment,
      WorkingDirectory: "/",
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ProcessType: "Interactive",
      StandardOutPath: plan.outputPath,
      StandardErrorPath: plan.outputPath,
    });
  });
});

test("both carry a mark by which they are known again", () => {
  const plan = planOf({ command: ["/opt/bun--x/bun", "run", "/home/you/main.ts", "serve", "--service"] });
  const texts = [...unitsOf(plan).files, launchdAgent(plan, "/Users/you")].map(({ text }) => text);
  for (const text of texts) {
    expect(readMark(text)).toEqual({
      instance: "abcd1234",
      address: "127.0.0.1:8765",
      program: ["/opt/bun--x/bun", "/home/you/main.ts"],
    });
  }
  expect(readMark("[Unit]\nDescription=somebody else's\n")).toBeUndefined();
  expect(readMark("# hearth-service: {half\n")).toBeUndefined();
});

test("each instance has names of its own", () => {
  expect(serviceName("default")).toBe("hearth");
  expect(unitNames("my-project-1x2y3z4w")).toEqual({
    socket: "hearth-my-project-1x2y3z4w.socket",
    proxy: "hearth-my-project-1x2y3z4w-proxy.service",
    server: "hearth-my-project-1x2y3z4w.service",
  });
});

test("the guests' socket is beside the owner's, also where that is short", () => {
  const environment = { TMPDIR: "/tmp" };
  const at = (stateFolder: string) =>
    instanceOf({ configRealPath: undefined, host: "127.0.0.1", port: undefined, stateFolder, environment });
  const usual = at("/home/you/state");
  expect(guestSocketOf(usual)).toBe("/home/you/state/instances/default/guests.sock");
  const deep = at(`/home/you/${"deep/".repeat(20)}state`);
  expect(guestSocketOf(deep)).toBe(deep.socketPath.replace(`${deep.id}.sock`, `g-${deep.id}.sock`));
});

describe("what systemctl show prints", () => {
  const names = unitNames("default");
  const shown = (socket: string, server: string) =>
    stateOf(
      names,
      parseUnitStates(
        `Id=hearth.service\n${server}\n\nId=hearth-proxy.service\nActiveState=inactive\n\nId=hearth.socket\n${socket}\n`,
      ),
    );

  test("all is well while the port is held, whether or not the server runs", () => {
    const state = shown("UnitFileState=enabled\nActiveState=active", "ActiveState=inactive\nResult=success");
    expect(state).toEqual({ isEnabled: true, isActive: true, server: "inactive", problems: [] });
  });

  test("a socket that failed, a server that failed and changed units are problems, with what to do", () => {
    const state = shown(
      "UnitFileState=disabled\nActiveState=failed\nResult=resources",
      "ActiveState=failed\nResult=exit-code\nNeedDaemonReload=yes",
    );
    expect(state.problems).toEqual([
      "hearth.socket does not listen (resources): systemctl --user restart hearth.socket",
      "hearth.socket is not enabled: systemctl --user enable hearth.socket",
      "hearth.service has failed (exit-code): journalctl --user -u hearth.service",
      "hearth.service was changed since: systemctl --user daemon-reload",
    ]);
  });

  test("nothing at all means that there is no manager", () => {
    expect(stateOf(names, undefined)).toMatchObject({ isActive: false, server: "unknown" });
  });
});
