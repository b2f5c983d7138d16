import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { Machine } from "../support/machine.ts";
import { type Target, TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { upstreamCommand } from "../support/upstream.ts";

/** A project without a port of its own, so with an instance of its own. */
async function project(target: Target, config: string): Promise<Machine> {
  const machine = await Machine.create(target, { HEARTH_PORT: "", HEARTH_IDLE_TIMEOUT: "" });
  machine.place.write("hearth.yaml", config);
  writeFileSync(join(machine.place.data, "token"), "secret\n", { mode: 0o600 });
  return machine;
}

const fileOf = (machine: Machine) => join(machine.place.data, "hearth.yaml");

/** The status of an answer to a guest, who may send a token or key. */
async function asGuest(machine: Machine, path: string, token?: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${machine.record().port}${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  await response.body?.cancel();
  return response.status;
}

const read = (machine: Machine, token?: string) => asGuest(machine, "/api/status", token);

interface Kept {
  readonly settings: readonly string[];
  readonly reason: string;
  readonly hint: string;
}

async function kept(machine: Machine, args: readonly string[] = []): Promise<Kept | null> {
  const { stdout } = await machine.run(["status", "--json", ...args]);
  return (JSON.parse(stdout) as { hearth: { keptSettings: Kept | null } }).hearth.keptSettings;
}

const logged = (machine: Machine, message: string) =>
  machine.log().filter((line) => line["message"] === message);

/** Requests as a guest until the server has seen what changed. */
async function untilKept(machine: Machine, args: readonly string[] = []): Promise<Kept> {
  let found: Kept | null = null;
  await until("the server has looked at its config", async () => {
    await read(machine);
    found = await kept(machine, args);
    return found !== null;
  });
  return found as unknown as Kept;
}

describe.each(TARGETS)("protection of a running server, on %s", (target) => {
  test("an edit of a trusted config switches nothing off: token, roots and loaded models stay", async () => {
    const model = `models: {a: {cmd: ${JSON.stringify(upstreamCommand())}}}\n`;
    await using machine = await project(target, `tokenFile: token\nidleTimeout: 44s\n${model}`);
    expect((await machine.run(["trust"])).exitCode).toBe(0);
    expect((await machine.run(["start"])).exitCode).toBe(0);
    expect((await machine.run(["models", "load", "a"])).exitCode).toBe(0);
    expect([await read(machine), await read(machine, "secret")]).toEqual([401, 200]);

    writeFileSync(fileOf(machine), `tokenFile: token\nidleTimeout: 45s\n${model}# a comment\n`);
    const state = await untilKept(machine);
    expect(state).toMatchObject({
      settings: [],
      reason: `The config ${fileOf(machine)} has changed since it was trusted`,
      hint: expect.stringContaining("hearth trust"),
    });
    expect([await read(machine), await read(machine, "secret")]).toEqual([401, 200]);
    expect((await machine.run(["models", "list", "--json"])).stdout).toContain('"ready"');

    // Everybody who could know is told: status, the commands of this directory, the log, once.
    const status = await machine.run(["status"]);
    expect(status.stdout).toMatch(/settings +The running server keeps its settings of \d\d:\d\d:\d\d: /);
    const ping = await machine.run(["ping"]);
    expect(ping.stderr).toContain("warning: The running server keeps its settings of ");
    expect((await machine.run(["ping", "--quiet"])).stderr).toBe("");
    const reload = await machine.run(["reload"]);
    expect(reload).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("has changed since it was trusted"),
    });
    expect(logged(machine, "the changed config is not used")).toHaveLength(1);

    const trusted = await machine.run(["trust"]);
    expect(trusted.stderr).toContain("The running server has taken idleTimeout");
    expect(await kept(machine)).toBeNull();
    const removed = await machine.run(["trust", "--remove"]);
    expect(removed.stderr).toContain("The running server keeps its settings");
    expect(removed.stderr).toContain("is no longer trusted");
    expect([await read(machine), await read(machine, "secret")]).toEqual([401, 200]);
  });

  test("a deleted tokenFile line leaves the token in force until a restart; the rest is taken", async () => {
    await using machine = await project(target, "tokenFile: token\nidleTimeout: 44s\nport: 0\n");
    const named = ["--config", "hearth.yaml"];
    expect((await machine.run(["start", ...named])).exitCode).toBe(0);
    writeFileSync(fileOf(machine), "idleTimeout: 45s\nport: 0\n");
    expect(await untilKept(machine, named)).toMatchObject({
      settings: ["token", "tokenFile"],
      reason: "Without the token guests would need none",
    });
    expect([await read(machine), await read(machine, "secret")]).toEqual([401, 200]);
    const reload = await machine.run(["reload", "--json", ...named]);
    expect(JSON.parse(reload.stdout)).toMatchObject({
      changed: [],
      needsRestart: ["token", "tokenFile"],
      kept: ["Without the token guests would need none"],
    });
    const shown = await fetch(`http://127.0.0.1:${machine.record().port}/api/status`, {
      headers: { authorization: "Bearer secret" },
    });
    expect(await shown.json()).toMatchObject({ hearth: { idle: { timeoutSeconds: 45 } } });
    expect(logged(machine, "settings wait for a restart")).toHaveLength(1);
    // A new token is no less than the old one: it counts at once.
    writeFileSync(join(machine.place.data, "token"), "rotated\n");
    writeFileSync(fileOf(machine), "tokenFile: token\nport: 0\n");
    expect((await machine.run(["reload", ...named])).stderr).toContain("token");
    expect([await read(machine, "secret"), await read(machine, "rotated")]).toEqual([401, 200]);
    expect((await machine.run(["restart", ...named])).exitCode).toBe(0);
  });

  test.each([
    ["a config that vanished", (machine: Machine) => rmSync(fileOf(machine))],
    [
      "a token file that can't be read",
      (machine: Machine) => {
        rmSync(join(machine.place.data, "token"));
        mkdirSync(join(machine.place.data, "token"));
      },
    ],
    ["an empty token file", (machine: Machine) => writeFileSync(join(machine.place.data, "token"), "")],
  ])("%s changes nothing", async (_, harm) => {
    await using machine = await project(target, "tokenFile: token\nroots: [.]\n");
    machine.place.write("x.csv", "a\n1\n");
    expect((await machine.run(["start", "--config", "hearth.yaml"])).exitCode).toBe(0);
    expect(await read(machine)).toBe(401);
    harm(machine);
    await until("the log says that it is not used", async () => {
      await read(machine, "secret");
      return logged(machine, "the changed config is not used").length > 0;
    });
    expect([await read(machine), await read(machine, "secret")]).toEqual([401, 200]);
    const answer = await fetch(`http://127.0.0.1:${machine.record().port}/api/read_data`, {
      method: "POST",
      headers: { authorization: "Bearer secret" },
      body: JSON.stringify({ data_source: { type: "csv", filename: join(machine.place.data, "x.csv") } }),
    });
    expect(answer.status).toBe(200);
  });

  test("a revoked key is refused by the very next request; after the last one nobody gets in", async () => {
    const config = (keys: string) => `apiKeys: [${keys}]\nmodels: {a: {cmd: "x --port \${PORT}"}}\n`;
    await using machine = await project(target, config("key-one-1, key-two-2"));
    const named = ["--config", "hearth.yaml"];
    expect((await machine.run(["start", ...named])).exitCode).toBe(0);
    const models = (key?: string) => asGuest(machine, "/v1/models", key);
    expect([await models(), await models("key-one-1"), await models("key-two-2")]).toEqual([401, 200, 200]);

    writeFileSync(fileOf(machine), config("key-two-2"));
    expect((await machine.run(["reload", ...named])).stderr).toContain("Changed: apiKeys");
    expect([await models(), await models("key-one-1"), await models("key-two-2")]).toEqual([401, 401, 200]);

    writeFileSync(fileOf(machine), config(""));
    expect(await untilKept(machine, named)).toMatchObject({ settings: ["apiKeys"] });
    expect([await models(), await models("key-two-2"), await read(machine)]).toEqual([401, 401, 401]);
    expect(await asGuest(machine, "/api/ping")).toBe(200);
    writeFileSync(fileOf(machine), config("key-three-3"));
    expect((await machine.run(["reload", ...named])).exitCode).toBe(0);
    expect([await models(), await models("key-three-3")]).toEqual([401, 200]);
  });

  test("a file that is changed and asked for at once: the first request goes by the new keys", async () => {
    const config = (keys: string) => `apiKeys: [${keys}]\nmodels: {a: {cmd: "x --port \${PORT}"}}\n`;
    await using machine = await project(target, config("key-one-1, key-two-2"));
    expect((await machine.run(["start", "--config", "hearth.yaml"])).exitCode).toBe(0);
    expect(await asGuest(machine, "/v1/models", "key-one-1")).toBe(200);
    await Bun.sleep(1100); // the server looks once a second
    writeFileSync(fileOf(machine), config("key-two-2"));
    expect(await asGuest(machine, "/v1/models", "key-one-1")).toBe(401);
  });

  test("beyond loopback more roots, hosts and origins wait; on loopback a trusted config opens them", async () => {
    await using machine = await project(target, "tokenFile: token\nhost: 0.0.0.0\nport: 0\nroots: [sub]\n");
    machine.place.write("sub/x.csv", "a\n1\n");
    const named = ["--config", "hearth.yaml"];
    expect((await machine.run(["start", ...named])).exitCode).toBe(0);
    const wider = "roots: [., sub]\nallowedHosts: [x.example]\nallowedOrigins: ['https://x.example']\n";
    writeFileSync(
      fileOf(machine),
      `tokenFile: token\nhost: 0.0.0.0\nport: 0\n${wider}guestWrites: any\notherUsers: true\n`,
    );
    const { stdout } = await machine.run(["reload", "--json", ...named]);
    expect(JSON.parse(stdout)).toMatchObject({
      needsRestart: ["roots", "allowedHosts", "allowedOrigins", "guestWrites", "otherUsers"],
    });
    const reload = await machine.run(["reload", ...named]);
    expect(reload.stderr).toContain("Only after `hearth restart`: roots, allowedHosts");
    expect(reload.stderr).toContain("More folders would be open beyond this machine");
    // The owner's own word is an explicit act.
    expect((await machine.run(["start", "--root", "sub", ...named])).exitCode).toBe(0);

    await using local = await project(target, "tokenFile: token\nport: 0\n");
    expect((await local.run(["start", ...named])).exitCode).toBe(0);
    writeFileSync(fileOf(local), `tokenFile: token\nport: 0\n${wider}`);
    expect(JSON.parse((await local.run(["reload", "--json", ...named])).stdout)).toMatchObject({
      changed: ["roots", "allowedHosts", "allowedOrigins"],
      needsRestart: [],
    });
  });

  test("an address waits for a restart, tcp too", async () => {
    await using machine = await project(target, "port: 0\n");
    const named = ["--config", "hearth.yaml"];
    expect((await machine.run(["start", ...named])).exitCode).toBe(0);
    writeFileSync(fileOf(machine), "port: 0\ntcp: false\n");
    const { stdout } = await machine.run(["reload", "--json", ...named]);
    expect(JSON.parse(stdout)).toMatchObject({ changed: [], needsRestart: ["tcp"] });
  });

  test("trust rejects what config check rejects, in the same words, and says what became of it", async () => {
    await using machine = await project(target, "models: {bad: {cmd: foo}}\n");
    const [checked, trusted] = [await machine.run(["config", "check"]), await machine.run(["trust"])];
    expect([trusted.exitCode, trusted.stderr]).toEqual([1, checked.stderr]);
    expect(checked.stderr).toContain("hearth.yaml:1");
    expect((await machine.run(["trust", "--list"])).stdout).toBe("");

    machine.place.write("hearth.yaml", "models: {good: {cmd: 'x --port ${PORT}'}}\n");
    const chat = await machine.run(["chat", "good", "hello"]);
    expect(chat.stderr).toContain('No model named "good"');
    expect(chat.stderr).toContain("is not trusted yet: look at it, then run `hearth trust`");
    expect((await machine.run(["trust"])).stderr).toContain("The running server has taken");
    expect((await machine.run(["stop"])).exitCode).toBe(0);
    machine.place.write("hearth.yaml", "idleTimeout: 1m\n");
    const alone = await machine.run(["trust", "--json"]);
    expect(JSON.parse(alone.stdout)).toMatchObject({ server: { state: "not-running" } });
  });
});
