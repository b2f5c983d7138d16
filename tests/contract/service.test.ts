import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { CITIES_JSON, isGone, isListening } from "../support/machine.ts";
import { type ServiceMachine, serviceMachine } from "../support/service.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";

const UNITS = ["hearth.service", "hearth-proxy.service", "hearth.socket"];

/** The names of a machine's units: its default instance has a port of its own. */
function unitsAt(port: number): string[] {
  return UNITS.map((name) => name.replace("hearth", `hearth-127-0-0-1-${port}`)).toSorted();
}

describe.each(TARGETS)("hearth service, on %s", (target) => {
  test("installs, tells how it is, and goes again without a trace", async () => {
    await using places = await serviceMachine(target);
    const { calls, installed, machine, units } = places;
    const { port, run } = toolsOf(places);
    expect(await run("service", "status")).toMatchObject({ exitCode: 3 });
    expect(await run("service", "uninstall")).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("No service is installed"),
    });
    const done = await run("service", "install", "--root", ".");
    expect(done).toMatchObject({ exitCode: 0, stdout: "" });
    expect(done.stderr).toContain(`the first connection to http://127.0.0.1:${port} starts it`);
    expect(done.stderr).toContain("To undo it: hearth service uninstall");
    expect(done.stderr).toContain("loginctl enable-linger");
    expect(installed()).toEqual(unitsAt(port));
    for (const name of installed()) expect(statSync(join(units, name)).mode & 0o777).toBe(0o600);
    expect(calls().slice(-3)).toEqual([
      "daemon-reload",
      `reset-failed hearth-127-0-0-1-${port}.socket hearth-127-0-0-1-${port}-proxy.service hearth-127-0-0-1-${port}.service`,
      `enable --now hearth-127-0-0-1-${port}.socket`,
    ]);
    const status = await run("service", "status", "--json");
    expect(JSON.parse(status.stdout)).toMatchObject({
      isInstalled: true,
      isEnabled: true,
      isActive: true,
      server: "inactive",
      address: `127.0.0.1:${port}`,
      problems: [],
    });
    expect((await run("doctor")).stdout).toContain(`systemd starts it, http://127.0.0.1:${port}`);
    expect(machine.servers()).toEqual([]);
    expect((await run("service", "install")).exitCode).toBe(0); // again, with other settings
    const gone = await run("service", "uninstall");
    expect(gone).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("The service is gone") });
    expect(installed()).toEqual([]);
    expect((await run("service", "status")).exitCode).toBe(3);
    expect((await run("service", "uninstall")).exitCode).toBe(0);
  });

  test("is what the owner's commands start their server by, and not a second one", async () => {
    await using places = await serviceMachine(target);
    const { calls, forget, machine } = places;
    const { port, run } = toolsOf(places);
    await run("service", "install");
    forget();
    const crowd = await Promise.all(Array.from({ length: 4 }, () => run("read", "cities.csv")));
    for (const { exitCode, stderr, stdout } of crowd) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: CITIES_JSON });
      expect(stderr).not.toContain("warning");
    }
    expect(calls()).toEqual([`start hearth-127-0-0-1-${port}.service`]);
    expect(machine.servers().length).toBe(1);
    const { pid } = machine.record();
    expect(machine.record()).toMatchObject({ startedHow: "service", roots: [] });
    expect(await isListening(port)).toBe(false);
    expect((await run("status")).stdout).toContain("running, as a service");
    const started = await run("start", "--root", ".", "--idle-timeout", "1h");
    expect(started.stderr).toContain(`running already (pid ${pid})`);
    expect(machine.record()).toMatchObject({ pid, startedHow: "service", roots: [machine.place.data] });
    const stopped = await run("stop");
    expect(stopped.stderr).toContain(`The server (pid ${pid}) was stopped`);
    expect(stopped.stderr).toContain("Its service starts it again at the next connection or command");
    const restarted = await run("restart", "--root", ".");
    expect(restarted.exitCode).toBe(0);
    expect(machine.record()).toMatchObject({ startedHow: "service", roots: [machine.place.data] });
    expect((await run("service", "uninstall")).exitCode).toBe(0);
    expect(machine.servers()).toEqual([]);
    expect((await run("read", "cities.csv")).stdout).toBe(CITIES_JSON);
    expect(machine.record()).toMatchObject({ startedHow: "auto", port });
  });

  test("without its manager the command is served all the same, beside the port", async () => {
    await using places = await serviceMachine(target);
    const { machine, set } = places;
    const { port, run } = toolsOf(places);
    await run("service", "install");
    set("offline");
    const { exitCode, stderr, stdout } = await run("read", "cities.csv");
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: CITIES_JSON });
    expect(stderr).toContain("The service could not start the server (Failed to connect to bus");
    expect(stderr).toContain("hearth service status");
    expect(machine.record()).toMatchObject({ startedHow: "auto" });
    expect(await isListening(port)).toBe(false);
    const status = await run("service", "status");
    expect(status).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("can't be reached") });
  });

  test("a server that was started beside it gives way when the manager starts its own", async () => {
    await using places = await serviceMachine(target);
    const { machine, set, unset } = places;
    const { port, run } = toolsOf(places);
    await run("service", "install");
    set("offline");
    await run("read", "cities.csv");
    const { pid } = machine.record();
    unset("offline");
    const started = await machine.bash(`systemctl --user start hearth-127-0-0-1-${port}.service`);
    expect(started.exitCode).toBe(0);
    await until("the service's server is the one", () => machine.servers().length === 1 && isGone(pid));
    expect((await run("read", "cities.csv")).stdout).toBe(CITIES_JSON);
    expect(machine.record()).toMatchObject({ startedHow: "service" });
  });

  test("a service whose server can't start says why to whoever asked", async () => {
    await using places = await serviceMachine(target);
    const { machine } = places;
    const { run } = toolsOf(places);
    const token = machine.place.write("token", "of-the-team");
    expect((await run("service", "install", "--token-file", token)).exitCode).toBe(0);
    rmSync(token);
    const { exitCode, stderr, stdout } = await run("read", "cities.csv");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(`--token-file: there is no file ${token}`);
    expect(machine.servers()).toEqual([]);
  });

  test("what is in the way is refused before anything is changed", async () => {
    await using places = await serviceMachine(target);
    const { installed, machine, set, units, unset } = places;
    const { port, run } = toolsOf(places);
    const holder = Bun.serve({ port, hostname: "127.0.0.1", fetch: () => new Response("mine") });
    const taken = await run("service", "install");
    expect(taken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("held by another program") });
    await holder.stop(true);
    set("refuse");
    const refused = await run("service", "install");
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Address already in use") });
    expect(installed()).toEqual([]);
    unset("refuse");
    await run("service", "install");
    const [first = ""] = installed();
    const text = readFileSync(join(units, first), "utf8");
    const elsewhere = { HEARTH_STATE_DIR: join(machine.place.data, "..", "other-state") };
    const foreign = await machine.run(["service", "install"], { env: elsewhere });
    expect(foreign).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("over another state folder"),
    });
    expect(readFileSync(join(units, first), "utf8")).toBe(text);
    set("offline");
    const before = installed();
    const offline = await run("service", "install");
    expect(offline).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("can't be reached") });
    expect(installed()).toEqual(before);
  });

  test("takes the place of the server that runs, and keeps the settings that it was given", async () => {
    await using places = await serviceMachine(target);
    const { machine, units } = places;
    const { port, run } = toolsOf(places);
    await run("ping");
    const { pid } = machine.record();
    machine.place.write("token", "secret-of-the-team\n");
    const flags = ["--token-file", "token", "--idle-timeout", "20m", "--env", "TEAM_NAME"];
    const { exitCode, stderr } = await machine.run(["service", "install", ...flags], {
      env: { TEAM_NAME: 'a "b" 100% $x', HEARTH_LOG_LEVEL: "debug" },
    });
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`The server (pid ${pid}) was stopped`);
    expect(stderr).toContain("HEARTH_LOG_LEVEL");
    const text = readFileSync(join(units, `hearth-127-0-0-1-${port}.service`), "utf8");
    expect(text).toContain(`--idle-timeout 20m --token-file ${join(machine.place.data, "token")} `);
    expect(text).toContain('Environment="TEAM_NAME=a \\"b\\" 100%% $x"\n');
    expect(text).not.toContain("secret-of-the-team");
    const exposed = await run("service", "install", "--host", "0.0.0.0");
    expect(exposed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("needs a token") });
  });

  test("--dry-run prints the files and changes nothing", async () => {
    await using places = await serviceMachine(target);
    const { calls, installed, machine } = places;
    const { exitCode, stdout } = await toolsOf(places).run("service", "install", "--dry-run");
    expect(exitCode).toBe(0);
    for (const word of ["[Socket]", "[Service]", "systemd-socket-proxyd", "--no-tcp --guest-socket"])
      expect(stdout).toContain(word);
    expect([calls(), installed(), existsSync(machine.stateFolder)]).toEqual([[], [], false]);
  });
});

function toolsOf({ machine }: ServiceMachine) {
  return { port: machine.port, run: (...args: string[]) => machine.run(args) };
}
