import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "bun:test";
import { CITIES_JSON, Machine, signal } from "../support/machine.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/until.ts";
import { type Target, TARGETS } from "../support/targets.ts";

/** A project without a port of its own, so with an instance of its own. */
async function project(target: Target, config: string): Promise<Machine> {
  const machine = await Machine.create(target, { HEARTH_PORT: "", HEARTH_IDLE_TIMEOUT: "" });
  machine.place.write("hearth.yaml", config);
  machine.place.write("sub/data.csv", "x\n1\n");
  return machine;
}

/** The server's own answer to anybody who comes by TCP. */
async function status(machine: Machine): Promise<{ hearth: Record<string, unknown> }> {
  const { port } = machine.record();
  const response = await fetch(`http://127.0.0.1:${port}/api/status`, { headers: { "x-hearth-watch": "1" } });
  return (await response.json()) as { hearth: Record<string, unknown> };
}

function guestRead(machine: Machine, filename: string, type = "auto"): Promise<Response> {
  return fetch(`http://127.0.0.1:${machine.record().port}/api/read_data`, {
    method: "POST",
    body: JSON.stringify({ data_source: { type, filename } }),
  });
}

const idleSeconds = async (machine: Machine) =>
  ((await status(machine)).hearth["idle"] as { timeoutSeconds: number }).timeoutSeconds;

describe.each(TARGETS)("a project's config, on %s", (target) => {
  test("what is harmless counts at once, the rest waits for hearth trust, and again when the file changes", async () => {
    await using machine = await project(
      target,
      "idleTimeout: 44s\nbodyLimit: 1kB\nroots: [sub]\nlog:\n  level: debug\n",
    );
    const file = join(machine.place.data, "hearth.yaml");

    const first = await machine.run(["read", "cities.csv"]);
    expect(first).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
    expect(first.stderr).toContain("not trusted yet, so roots, log.level wait");
    expect(first.stderr).toContain("hearth trust");
    const { pid } = machine.record();
    expect(await idleSeconds(machine)).toBe(44);
    expect((await guestRead(machine, "sub/data.csv")).status).toBe(403);

    const trusted = await machine.run(["trust"]);
    expect(trusted.exitCode).toBe(0);
    expect((await guestRead(machine, join(machine.place.data, "sub/data.csv"))).status).toBe(200);
    expect((await status(machine)).hearth["roots"]).toEqual([
      join(machine.place.data, "sub"),
      machine.place.data,
    ]);
    expect((await machine.run(["read", "cities.csv"])).stderr).toBe("");
    // Its own config is not for guests, in whatever root it lies.
    expect(await (await guestRead(machine, file, "csv")).json()).toMatchObject({ code: "path-protected" });

    // A slip in it changes nothing, though it is not trusted like that.
    writeFileSync(file, "idleTimeout: 44s\nbodyLimit: 64M\nroots: [sub]\n");
    await until("the slip is in the log", async () => {
      await guestRead(machine, "sub/data.csv");
      return machine.log().some((line) => JSON.stringify(line).includes("bodyLimit"));
    });
    expect((await guestRead(machine, join(machine.place.data, "sub/data.csv"))).status).toBe(200);

    writeFileSync(file, "idleTimeout: 45s\nroots: [/]\n");
    await until("the running server has looked at it", async () => {
      await guestRead(machine, "/etc/hostname", "csv").then((answer) => answer.text());
      return machine.log().some((line) => JSON.stringify(line).includes("has changed since it was trusted"));
    });
    const changed = await machine.run(["read", "cities.csv"]);
    expect(changed).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
    expect(changed.stderr).toContain("not trusted yet, so roots waits");
    expect(changed.stderr).toContain("The running server keeps its settings of ");
    // Not even what would narrow is taken of an untrusted successor.
    expect(await idleSeconds(machine)).toBe(44);
    expect((await guestRead(machine, "/etc/hostname", "csv")).status).toBe(403);
    expect((await machine.run(["trust", "--list"])).stdout).toContain("changed");

    expect((await machine.run(["trust", "--remove", "--json"])).stdout).toContain('"wasTrusted":true');
    expect((await machine.run(["trust", "--list", "--json"])).stdout).not.toContain("hearth.yaml");
    expect(machine.servers()).toEqual([pid]);
  });

  test("what is no config, or a broken one, is not trusted", async () => {
    await using machine = await project(target, "idleTimeout: soon\n");
    machine.place.write("t.csv", "a: 1\n");
    machine.place.write("good/hearth.yaml", "idelTimeout: 1m\n");
    const broken = await machine.run(["trust"]);
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toContain("hearth.yaml:1:14: idleTimeout: expected a duration");
    const table = await machine.run(["trust", "t.csv"]);
    expect(table).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("hearth.yaml or hearth.json"),
    });
    expect((await machine.run(["trust", "none/hearth.yaml"])).stderr).toContain("There is no config");
    expect((await machine.run(["trust", "--list"])).stdout).toBe("");
    const good = await machine.run(["trust", "good/hearth.yaml"]);
    expect(good).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('did you mean "idleTimeout"?'),
    });
    expect((await machine.run(["trust", "--list"])).stdout).toContain("good/hearth.yaml");
  });

  test("a config that others may write is not used, and that is said", async () => {
    await using machine = await project(target, "idleTimeout: 44s\n");
    machine.place.env["HEARTH_PORT"] = String(machine.port);
    chmodSync(join(machine.place.data, "hearth.yaml"), 0o664);
    const { exitCode, stderr } = await machine.run(["read", "cities.csv"]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("hearth.yaml is not used: others may write it (mode 0664)");
    expect(stderr).toContain("chmod go-w");
    expect(await idleSeconds(machine)).toBe(300);
    expect((await machine.run(["trust"])).exitCode).not.toBe(0);
  });

  test.if(process.getuid?.() === 0)("nor is one of another user", async () => {
    await using machine = await project(target, "idleTimeout: 44s\n");
    machine.place.env["HEARTH_PORT"] = String(machine.port);
    chownSync(join(machine.place.data, "hearth.yaml"), 12_345, 12_345);
    const { exitCode, stderr } = await machine.run(["read", "cities.csv"]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("hearth.yaml is not used: it belongs to another user (uid 12345)");
    expect(await idleSeconds(machine)).toBe(300);
  });
});

describe.each(TARGETS)("a config that changes under a running server, on %s", (target) => {
  test("counts from the next request on, by SIGHUP or by hearth reload, without a restart", async () => {
    await using machine = await project(target, "idleTimeout: 44s\nlog:\n  level: info\n");
    const file = join(machine.place.data, "hearth.yaml");
    const named = ["--config", "hearth.yaml"];
    expect((await machine.run(["start", ...named])).exitCode).toBe(0);
    const { pid, port } = machine.record();

    writeFileSync(file, "idleTimeout: 45s\nbodyLimit: 1kB\nroots: [sub]\n");
    await until("the next request takes it", async () => {
      await guestRead(machine, "sub/data.csv").then((answer) => answer.text());
      return (await idleSeconds(machine)) === 45;
    });
    const large = { method: "POST", body: JSON.stringify({ data: { records: [{ x: "y".repeat(2000) }] } }) };
    expect((await fetch(`http://127.0.0.1:${port}/api/write_data`, large)).status).toBe(413);

    writeFileSync(file, "idleTimeout: 46s\nlog:\n  level: warn\n");
    signal(pid, "SIGHUP");
    await until("SIGHUP takes it at once", async () => (await idleSeconds(machine)) === 46);

    writeFileSync(file, "idleTimeout: 47s\nport: 1234\n");
    const reloaded = await machine.run(["reload", "--port", String(port), ...named]);
    // Another port is another instance: the client looks for that one, which does not run.
    expect(reloaded.exitCode).toBe(3);
    signal(pid, "SIGHUP");
    await until("all but the port is taken", async () => (await idleSeconds(machine)) === 47);
    expect(machine.record()).toMatchObject({ pid, port });
  });

  test("and one that is broken changes nothing, and is told in the log and by hearth reload", async () => {
    await using machine = await Machine.create(target, { HEARTH_IDLE_TIMEOUT: "" });
    const folder = join(machine.place.home, ".config", "hearth");
    machine.place.write("../home/.config/hearth/hearth.yaml", "idleTimeout: 44s\n");
    await machine.run(["ping"]);
    const { pid } = machine.record();
    expect(await idleSeconds(machine)).toBe(44);

    writeFileSync(join(folder, "hearth.yaml"), "idleTimeout: soon\n");
    await until("the log tells what is wrong", async () => {
      await guestRead(machine, "x.csv").then((answer) => answer.text());
      return machine.log().some(({ message }) => message === "the changed config is not used");
    });
    expect(machine.log().find(({ message }) => message === "the changed config is not used")).toMatchObject({
      level: "error",
      reason: expect.stringMatching(/hearth\.yaml:1:14: idleTimeout/),
    });
    expect(await idleSeconds(machine)).toBe(44);
    const reload = await machine.run(["reload"]);
    expect(reload.exitCode).toBe(1);
    expect(reload.stderr).toContain("hearth.yaml:1:14: idleTimeout");

    writeFileSync(join(folder, "hearth.yaml"), "idleTimeout: 45s\n");
    expect(await machine.run(["reload"])).toMatchObject({ exitCode: 0, stderr: "Changed: idleTimeout\n" });
    expect(await idleSeconds(machine)).toBe(45);
    expect(machine.servers()).toEqual([pid]);
  });

  test("and does not keep anybody from its server: status, logs and stop find it by the config's path", async () => {
    await using machine = await project(target, `port: ${await freePort()}\n`);
    const named = machine.place.write("other/named.yaml", `port: ${await freePort()}\n`);
    for (const [file, config] of [
      [join(machine.place.data, "hearth.yaml"), []],
      [named, ["--config", named]],
    ] as const) {
      expect((await machine.run(["start", ...config])).exitCode).toBe(0);
      const [pid] = machine.servers();
      writeFileSync(file, "port: [1\n");
      const status = await machine.run(["status", ...config]);
      expect(status).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${pid}`) });
      expect(status.stderr).toStartWith("warning: ");
      expect(status.stderr).toContain(`${basename(file)}:2:1: `);
      // Lines are written some at a time.
      await until("the log can be read", async () =>
        (await machine.run(["logs", ...config])).stdout.includes("/api/status"),
      );
      expect((await machine.run(["restart", "--config", file])).exitCode).toBe(1);
      const stopped = await machine.run(["stop", ...config]);
      expect(stopped.exitCode).toBe(0);
      expect(stopped.stderr).toContain(`The server (pid ${pid}) was stopped`);
      expect(await machine.run(["stop", "-q", ...config])).toMatchObject({ exitCode: 0, stderr: "" });
    }
    // A name that never was a config is no reason to guess.
    const never = await machine.run(["stop", "--config", "never.yaml"]);
    expect(never).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("There is no config") });
  });

  test("the user's own config belongs to the default instance and its port", async () => {
    await using machine = await Machine.create(target);
    await machine.run(["ping"]);
    const { pid } = machine.record();
    machine.place.write("../home/.config/hearth/hearth.yaml", "cacheLimit: 100MB\n");
    const shown = JSON.parse((await machine.run(["config", "show", "--json"])).stdout) as Record<
      string,
      unknown
    >;
    expect(shown).toMatchObject({
      config: { how: "user" },
      settings: { cacheLimit: { value: 100_000_000 } },
    });
    expect(await machine.run(["ping"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(machine.record().pid).toBe(pid);
    const doctor = await machine.run(["doctor"], { env: { HEARTH_PORT: "" } });
    expect(doctor.stdout).toMatch(/port {10}127\.0\.0\.1:8765/);
  });
});
