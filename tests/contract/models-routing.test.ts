import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { identifyProcess } from "../../src/runtime/identity.ts";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { hearth } from "../support/run.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";

interface Echo {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly pid: number;
}

interface Facts {
  readonly id: string;
  readonly state: string;
  readonly pid: number | null;
  readonly starts: number;
}

const cmd = (flags = "") => JSON.stringify(upstreamCommand(flags));
const newPort = () => takePorts(50);

/** A zombie, which only its parent could reap, is not alive. */
const isAlive = async (pid: number) => (await identifyProcess(pid, "proc")) !== undefined;

async function echo(server: TestServer, model: string, script = {}, headers = {}): Promise<Echo> {
  const response = await server.post("/v1/chat/completions", chat(model, script), headers);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return JSON.parse(text) as Echo;
}

async function factsOf(server: TestServer, id: string): Promise<Facts> {
  const { models } = (await (await server.get("/api/models")).json()) as { models: Facts[] };
  return models.find((model) => model.id === id) as Facts;
}

describe.each(TARGETS)("the way to a model on %s", (target) => {
  let place: Place;
  beforeAll(() => void (place = createPlace()));
  afterAll(() => place.remove());
  const start = (config: string, args: readonly string[] = []) => {
    place.write("hearth.yaml", `startPort: ${newPort()}\n${config}`);
    return startServer(target, { place, args: ["--config", "hearth.yaml", ...args] });
  };

  test("a virtual name stands for one of several models, a profile's for another", async () => {
    const server = await start(`
groups: {all: {swap: false, members: [a, b, c]}}
models: {a: {cmd: ${cmd()}}, b: {cmd: ${cmd()}, useModelName: real-b}, c: {cmd: ${cmd()}}}
selectors:
  any: {strategy: warm, targets: [a, b]}
  first: {strategy: pin, targets: [c, a], name: The first}
  many: {strategy: spillover, targets: [a, b], settings: {spillover: 2}}
profiles:
  coding: {pins: {fast: any, off: ~}}
hooks: {on_startup: {profile: coding}}
`);
    try {
      const b = await echo(server, "b");
      expect((await echo(server, "any")).pid).toBe(b.pid);
      expect((await echo(server, "any")).body["model"]).toBe("real-b");
      expect((await echo(server, "fast")).pid).toBe(b.pid);
      expect((await echo(server, "first")).body["model"]).toBe("c");
      expect((await server.post("/v1/chat/completions", chat("off"))).status).toBe(404);
      const spread = await Promise.all([1, 2, 3, 4].map(() => echo(server, "many", { think: 300 })));
      const pids = spread.map(({ pid }) => pid);
      expect(pids.filter((pid) => pid === b.pid)).toHaveLength(2);
      expect(new Set(pids).size).toBe(2);
      const { data } = (await (await server.get("/v1/models")).json()) as {
        data: { id: string; name?: string }[];
      };
      expect(data.map(({ id }) => id)).toEqual(["a", "b", "c", "any", "first", "many"]);
      expect(data[4]?.name).toBe("The first");
    } finally {
      await server.stop();
    }
  });

  test("models of peers are passed on to, with the peer's key and filters", async () => {
    const peer = await start(`models: {far: {cmd: ${cmd()}}, near: {cmd: ${cmd()}}}`);
    const other = createPlace();
    other.write(
      "hearth.yaml",
      `startPort: ${newPort()}
models: {near: {cmd: ${cmd()}}}
apiKeys: [mine]
peers:
  there:
    proxy: ${peer.url}
    apiKey: theirs
    models: [far, near]
    filters: {stripParams: temperature, setParams: {top_p: 0.5}}
`,
    );
    const server = await startServer(target, { place: other, args: ["--config", "hearth.yaml"] });
    const key = { authorization: "Bearer mine" };
    try {
      const far = await echo(server, "far", { temperature: 1 }, key);
      expect(far.headers["authorization"]).toBe("Bearer theirs");
      expect(far.body).toMatchObject({ model: "far", top_p: 0.5 });
      expect(far.body).not.toHaveProperty("temperature");
      const [here, there] = [await echo(server, "near", {}, key), await echo(server, "there/near", {}, key)];
      expect(here.headers["authorization"]).toBeUndefined();
      expect(there.headers["authorization"]).toBe("Bearer theirs");
      expect(there.body["model"]).toBe("near");
      const { data } = (await (await server.get("/v1/models", key)).json()) as { data: { id: string }[] };
      expect(data.map(({ id }) => id)).toEqual(["near", "far", "there/near"]);
    } finally {
      await server.stop();
      await peer.stop();
      other.remove();
    }
  });

  test("keys open what they are for: some models, or logs and control too", async () => {
    const server = await start(`
models: {a: {cmd: ${cmd()}, aliases: [alias]}, b: {cmd: ${cmd()}}}
apiKeys: [all, {key: only-a, models: [a]}, {key: boss, admin: true}]
`);
    try {
      const status = async (path: string, headers: Record<string, string>, body?: object) =>
        (await (body === undefined ? server.get(path, headers) : server.post(path, body, headers))).status;
      const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
      const path = "/v1/chat/completions";
      expect(await status(path, {}, chat("a"))).toBe(401);
      expect(await status(path, bearer("wrong"), chat("a"))).toBe(401);
      expect(await status(path, { "x-api-key": "all" }, chat("a"))).toBe(200);
      expect(await status(path, { authorization: `Basic ${btoa("me:all")}` }, chat("a"))).toBe(200);
      expect(await status(path, bearer("only-a"), chat("alias"))).toBe(200);
      expect(await status(path, bearer("only-a"), chat("b"))).toBe(403);
      expect(await status("/upstream/b/x", bearer("only-a"))).toBe(403);
      const listed = (await (await server.get("/v1/models", bearer("only-a"))).json()) as {
        data: { id: string }[];
      };
      expect(listed.data.map(({ id }) => id)).toEqual(["a"]);
      expect(await status("/api/models/logs/a", bearer("all"))).toBe(403);
      expect(await status("/api/models/logs/a", bearer("boss"))).toBe(200);
      expect(await status("/logs", bearer("all"))).toBe(403);
      expect((await echo(server, "a", {}, bearer("all"))).headers["authorization"]).toBeUndefined();
      expect((await echo(server, "a", {}, { "x-api-key": "all" })).headers["x-api-key"]).toBeUndefined();
    } finally {
      await server.stop();
    }
  });

  test("a changed config restarts what has changed, cuts no stream, and a broken one changes nothing", async () => {
    const port = newPort();
    const config = (b: string) => `startPort: ${port}
groups: {all: {swap: false, members: [a, b]}}
models: {a: {cmd: ${cmd()}}, b: {cmd: ${cmd(b)}}}
`;
    place.write("hearth.yaml", config(""));
    const server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    try {
      const [a, b] = [await echo(server, "a"), await echo(server, "b")];
      const script = { stream: true, chunks: 30, every: 50 };
      const stream = await server.post("/v1/chat/completions", chat("b", script));
      place.write("hearth.yaml", "models: {a: {cmd: x, ttl: soon}}\n");
      server.signal("SIGHUP");
      await until("the broken file is told", () => logOf(place).includes("models.a.ttl"));
      expect((await factsOf(server, "b")).state).toBe("ready");
      place.write("hearth.yaml", config("--talk"));
      server.signal("SIGHUP");
      await until("b drains", async () => (await factsOf(server, "b")).state === "draining");
      expect(await stream.text()).toEndWith("data: [DONE]\n\n");
      expect((await echo(server, "a")).pid).toBe(a.pid);
      expect((await echo(server, "b")).pid).not.toBe(b.pid);
    } finally {
      await server.stop();
    }
  });

  test("a warm-up is asked before the first request; a server that is sick is started anew", async () => {
    const server = await start(`
groups: {all: {swap: false, members: [warm, sick]}}
models:
  warm: {cmd: ${cmd("--talk")}, warmUp: true}
  sick: {cmd: ${cmd("--sick-after 500")}, healthCheck: {interval: 1s, failures: 1}}
`);
    try {
      const sick = await echo(server, "sick");
      await server.post("/api/models/load/warm", {});
      const { lines } = (await (await server.get("/api/models/logs/warm")).json()) as { lines: string[] };
      expect(lines.at(-1)).toBe("/v1/chat/completions");
      await until("it is given up", async () => (await factsOf(server, "sick")).state === "failed");
      expect(await isAlive(sick.pid)).toBe(false);
      expect((await echo(server, "sick")).pid).not.toBe(sick.pid);
    } finally {
      await server.stop();
    }
  });

  test("a loaded model keeps the server for its own time, and no longer", async () => {
    const server = await start(`models: {a: {cmd: ${cmd()}, ttl: 6}}`, ["--idle-timeout", "1s"]);
    try {
      const { pid } = await echo(server, "a");
      await Bun.sleep(2000);
      // Looking on is no use.
      const watch = { "x-hearth-watch": "1" };
      expect((await server.get("/api/models", watch)).status).toBe(200);
      expect(await isAlive(pid)).toBe(true);
      expect(await server.exited).toBe(0);
      expect(await isAlive(pid)).toBe(false);
    } finally {
      await server.stop();
    }
  });

  test("what a killed guard and a killed server leave is ended at the next start, and nobody else's", async () => {
    const server = await start(`unloadTimeout: 1\nmodels: {a: {cmd: ${cmd("--deaf")}}}`);
    const bystander = Bun.spawn(["sleep", "60"], { env: { HEARTH_MARKER: "0".repeat(32) } });
    const { pid } = await echo(server, "a");
    const guard = await childOf(server.pid, "sh");
    process.kill(guard, "SIGKILL");
    server.signal("SIGKILL");
    await server.exited;
    await Bun.sleep(200);
    const wasLeft = await isAlive(pid);
    const next = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    try {
      expect(wasLeft).toBe(true);
      await until("the leftover is gone", async () => !(await isAlive(pid)));
      expect(bystander.exitCode).toBeNull();
      expect((await echo(next, "a")).pid).not.toBe(pid);
    } finally {
      bystander.kill();
      await next.stop();
    }
  });

  test("relative paths and programs are the config's own, wherever the server was started", async () => {
    const folder = createPlace();
    const script = '#!/bin/sh\npwd; exec "$@"\n';
    chmodSync(folder.write("project/bin/serve", script), 0o755);
    const file = folder.write(
      "project/hearth.yaml",
      `models: {a: {cmd: ${JSON.stringify(`bin/serve ${upstreamCommand()}`)}}}`,
    );
    const run = (...args: string[]) => hearth(target, folder, [...args, "--config", file]);
    const loaded = await run("models", "load", "a");
    const command = await run("models", "command", "a");
    const logs = await run("models", "logs", "a");
    await run("stop");
    folder.remove();
    expect([loaded.exitCode, loaded.stderr]).toEqual([0, expect.stringContaining("a is ready")]);
    expect(command.stdout).toStartWith(`${dirname(file)}/bin/serve `);
    expect(logs.stdout).toContain(`\n${dirname(file)}\n`);
  });

  test("the commands of a config that nobody trusts are not run", async () => {
    const untrusted = createPlace();
    untrusted.write("hearth.yaml", `models: {a: {cmd: ${cmd()}}}`);
    const { exitCode, stderr } = await hearth(target, untrusted, ["chat", "a", "x"]);
    await hearth(target, untrusted, ["stop"]);
    untrusted.remove();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("hearth trust");
  });
});

/** All that the servers of a place have logged. */
function logOf(place: Place): string {
  const folder = place.env["HEARTH_STATE_DIR"] ?? "";
  const files = new Bun.Glob("instances/*/log").scanSync(folder);
  return [...files].map((file) => readFileSync(join(folder, file), "utf8")).join("");
}

/** The pid of a child of a process, by its program's name. */
async function childOf(parent: number, name: string): Promise<number> {
  const { stdout } = Bun.spawnSync(["ps", "-eo", "pid=,ppid=,comm="]);
  for (const line of stdout.toString().split("\n")) {
    const [pid, ppid, comm] = line.trim().split(/\s+/);
    if (Number(ppid) === parent && comm === name) return Number(pid);
  }
  throw new Error(`${parent} has no child ${name}`);
}
