import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { type Instance, instanceOf } from "../../src/lifecycle/instance.ts";
import { findSilence } from "../../src/lifecycle/silent-server.ts";
import { ensureRunning } from "../../src/lifecycle/start.ts";
import { stopInstance } from "../../src/lifecycle/stop.ts";
import { ask } from "../fixtures/lifecycle/ask.ts";
import type { FixtureOptions } from "../fixtures/lifecycle/options.ts";
import { Place, runtime, RUNTIMES, sleep, until } from "../fixtures/lifecycle/harness.ts";

const TEST_MS = 60_000;

describe.each(RUNTIMES)("starting on first use, on %s", (name) => {
  test(
    "fifty clients at the same moment are all answered by one server",
    async () => {
      await using place = new Place();
      const options = place.options(name);
      const answers = await Promise.all(Array.from({ length: 50 }, () => place.client("bun", options)));
      expect(new Set(answers.map((answer) => answer.pid)).size).toBe(1);
      expect(answers.every((answer) => answer.kind === "owner")).toBe(true);
      expect((await place.living()).length).toBe(1);
      expect(place.starts().length).toBeLessThanOrEqual(3);
    },
    TEST_MS,
  );

  test(
    "clients under every runtime find the same server",
    async () => {
      await using place = new Place();
      const options = place.options(name);
      const answers = await Promise.all(RUNTIMES.map((client) => place.client(client, options)));
      expect(answers.map((answer) => answer.pid)).toEqual(Array(3).fill(answers[0]?.pid ?? 0));
    },
    TEST_MS,
  );

  test(
    "after kill -9, with everything it left lying about, the next call is answered by a new server",
    async () => {
      await using place = new Place();
      const options = place.options(name);
      const first = await ask(options);
      const instance = instanceOf(options);
      process.kill(first.pid, "SIGKILL");
      // Not waited for: the next call may meet a process that is still dying.
      const second = await ask(options);
      expect(second.pid).not.toBe(first.pid);
      await until(() => place.record(options)?.pid === second.pid);
      expect(statSync(instance.recordPath).mode & 0o777).toBe(0o600);
      expect(statSync(instance.socketPath).mode & 0o777).toBe(0o600);
      expect(existsSync(join(instance.folder, "start.lock"))).toBe(false);
    },
    TEST_MS,
  );
});

/** Milliseconds until a new server answers its owner. */
async function startMs(options: FixtureOptions): Promise<number> {
  const beganMs = performance.now();
  expect((await ask(options)).kind).toBe("owner");
  return performance.now() - beganMs;
}

describe("nothing that lies about blocks a start", () => {
  const STALE: Record<string, (folder: string) => void> = {
    "a lock of a process that is gone": (folder) =>
      writeFileSync(join(folder, "start.lock"), '{"pid":4194303}'),
    "a lock whose pid belongs to another process by now": (folder) =>
      writeFileSync(
        join(folder, "start.lock"),
        JSON.stringify({ pid: process.pid, startedAt: "1@long-ago" }),
      ),
    "an old lock of a process that lives": (folder) => {
      writeFileSync(join(folder, "start.lock"), JSON.stringify({ pid: process.pid }));
      utimesSync(join(folder, "start.lock"), new Date(0), new Date(0));
    },
    "half a lock": (folder) => writeFileSync(join(folder, "start.lock"), '{"pi'),
    "half a record": (folder) => writeFileSync(join(folder, "record.json"), '{"pid":1,"host'),
    "a record with a living stranger's pid": (folder) =>
      writeFileSync(
        join(folder, "record.json"),
        JSON.stringify({ pid: process.pid, startedAt: "1@long-ago" }),
      ),
    "a file where the socket should be": (folder) => writeFileSync(join(folder, "server.sock"), ""),
    "the failure of an earlier start": (folder) =>
      writeFileSync(join(folder, "start-failure.json"), '{"timeMs":1,"code":"port-taken","message":"old"}'),
  };

  test.each(Object.keys(STALE))(
    "%s",
    async (what) => {
      await using place = new Place();
      const options = place.options("bun");
      const { folder } = instanceOf(options);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      STALE[what]?.(folder);
      const tookMs = await startMs(options);
      await using emptyPlace = new Place();
      // What lies there would hold a client up for 20 s, for so long a lock counts.
      expect(tookMs).toBeLessThan((await startMs(emptyPlace.options("bun"))) + 15_000);
    },
    TEST_MS,
  );
});

describe("a start that fails", () => {
  test("gives the server's own code, words and hint to every client that waits, after one try", async () => {
    await using place = new Place();
    const options = place.options("bun", { fails: "known", delayMs: 300 });
    const results = await Promise.all(Array.from({ length: 4 }, () => place.client("bun", options)));
    for (const result of results) {
      expect(result).toMatchObject({ code: "config-invalid", message: "line 3: no such key" });
    }
    expect(place.starts().length).toBe(1);
  });

  test("without a word of its own gives the last line of its output and where the rest is", async () => {
    await using place = new Place();
    const options = place.options("bun", { fails: "unknown" });
    expect(await place.client("bun", options)).toMatchObject({
      code: "start-failed",
      message: "The server ended (exit code 139) before it was ready: Segmentation fault of sorts",
      hint: expect.stringContaining("start.log"),
    });
  });

  test("a command that does not exist is said at once", async () => {
    await using place = new Place();
    const options = { ...place.options("bun"), command: ["/nowhere/hearth"] as [string] };
    await expect(ask(options)).rejects.toMatchObject({ code: "start-failed" });
  });

  test("a state folder that can't be used is said, with the way out", async () => {
    await using place = new Place();
    const stateFolder = join(place.stateFolder, "state");
    writeFileSync(stateFolder, "");
    const options = { ...place.options("bun"), stateFolder };
    await expect(ask(options)).rejects.toMatchObject({ code: "state-unusable" });
  });
});

describe("waiting for a start", () => {
  test("tells how long it has taken, and that it was this call which started the server", async () => {
    await using place = new Place();
    const options = place.options("bun", { delayMs: 1300 });
    const progress: number[] = [];
    const { started } = await ensureRunning({
      runtime,
      instance: instanceOf(options),
      command: options.command ?? ["false"],
      directory: place.stateFolder,
      onProgress: (elapsedMs) => progress.push(elapsedMs),
    });
    expect(started).toBe(true);
    expect(progress[0]).toBeGreaterThanOrEqual(1000);
    expect(progress.length).toBeGreaterThanOrEqual(1);
  });

  test("can be aborted, and the lock is given back", async () => {
    await using place = new Place();
    const options = place.options("bun", { delayMs: 2000 });
    const instance = instanceOf(options);
    const signal = AbortSignal.timeout(200);
    const command = options.command ?? ["false"];
    const waiting = ensureRunning({ runtime, instance, command, directory: place.stateFolder, signal });
    await expect(waiting).rejects.toThrow();
    expect(existsSync(join(instance.folder, "start.lock"))).toBe(false);
  });
});

describe("two instances", () => {
  test("of two projects and none live side by side, and each is stopped alone", async () => {
    await using place = new Place();
    const project = (folder: string) =>
      place.options("bun", { configRealPath: `/srv/${folder}/hearth.yaml`, port: undefined });
    const all = [project("one"), project("two"), place.options("bun")];
    const answers = await Promise.all(all.map((options) => ask(options)));
    expect(new Set(answers.map((answer) => answer.pid)).size).toBe(3);
    expect(answers[0]?.key).toMatch(/^one-/);
    await stopInstance({ runtime, instance: instanceOf(all[0] ?? project("one")) });
    expect((await place.living()).sort()).toEqual([answers[1]?.pid ?? 0, answers[2]?.pid ?? 0].sort());
  });

  test("of one project without a port are one: all contenders end at the same server", async () => {
    await using place = new Place();
    const options = place.options("bun", { configRealPath: "/srv/p/hearth.yaml", port: undefined });
    const first = runtime.spawn(options.command ?? ["false"], { cwd: place.stateFolder });
    const others = Array.from({ length: 4 }, () => runtime.spawn(options.command ?? ["false"]));
    await Promise.all([first, ...others]);
    await until(() => place.record(options) !== undefined);
    await until(async () => place.starts().length === 5 && (await place.living()).length === 1, 8000);
    expect((await ask(options)).pid).toBe((await place.living())[0] ?? 0);
  });
});

/** One request that may be cut off; unlike `ask` it starts no server. */
async function request({ socketPath }: Instance, path: string): Promise<void> {
  await runtime.fetch(socketPath, `http://localhost${path}`, {}).catch(() => undefined);
}

describe("stopping", () => {
  test("what does not run is said, and nothing is started", async () => {
    await using place = new Place();
    const options = place.options("bun");
    expect(await stopInstance({ runtime, instance: instanceOf(options) })).toEqual({ kind: "not-running" });
    expect(place.starts()).toEqual([]);
  });

  test("never signals a stranger that has the number of the record", async () => {
    await using place = new Place();
    const options = place.options("bun");
    const { pid } = await ask(options);
    const record = place.record(options);
    process.kill(pid, "SIGKILL");
    await until(async () => (await place.living()).length === 0);
    const { recordPath } = instanceOf(options);
    writeFileSync(recordPath, JSON.stringify({ ...record, pid: process.pid }));
    expect(await stopInstance({ runtime, instance: instanceOf(options) })).toEqual({ kind: "not-running" });
  });

  test("comes back when process, socket and record are gone", async () => {
    await using place = new Place();
    const options = place.options("node");
    const { pid } = await ask(options);
    const instance = instanceOf(options);
    expect(await stopInstance({ runtime, instance })).toEqual({ kind: "stopped", pid });
    expect(await runtime.identify(pid)).toBeUndefined();
    expect(existsSync(instance.socketPath)).toBe(false);
    expect(existsSync(instance.recordPath)).toBe(false);
    const log = readFileSync(instance.logPath, "utf8");
    expect(log).toContain('"hook ran"');
    expect(log).toContain('"stopped"');
  });

  test("one whose request goes on is not waited for for ever, and killed when forced", async () => {
    await using place = new Place();
    const options = place.options("bun");
    const { pid } = await ask(options);
    const instance = instanceOf(options);
    const slow = request(instance, "/slow?ms=8000");
    await sleep(50);
    const stopping = stopInstance({ runtime, instance, patienceMs: 100 });
    await expect(stopping).rejects.toMatchObject({ code: "stop-failed" });
    const killed = await stopInstance({ runtime, instance, patienceMs: 100, force: true });
    expect(killed).toEqual({ kind: "killed", pid });
    await slow;
  });

  test("one that is suspended goes on, and leaves as any other", async () => {
    await using place = new Place();
    const options = place.options("bun");
    const { pid } = await ask(options);
    const instance = instanceOf(options);
    process.kill(pid, "SIGSTOP");
    expect(await findSilence(runtime, instance)).toMatchObject({
      message: `The server (pid ${pid}) does not answer`,
    });
    expect(await stopInstance({ runtime, instance })).toEqual({ kind: "stopped", pid });
    expect(readFileSync(instance.logPath, "utf8")).toContain('"hook ran"');
  });

  test(
    "one that hangs, and so hears no signal, is killed when its time is over",
    async () => {
      await using place = new Place();
      const options = place.options("bun");
      const { pid } = await ask(options);
      const instance = instanceOf(options);
      const hanging = request(instance, "/hang");
      await sleep(50);
      expect(await stopInstance({ runtime, instance, patienceMs: 100 })).toEqual({ kind: "killed", pid });
      await hanging;
    },
    TEST_MS,
  );

  test("what listens there and is not the process of the record is told apart, and left alone", async () => {
    await using place = new Place();
    const instance = instanceOf(place.options("bun"));
    mkdirSync(instance.folder, { recursive: true, mode: 0o700 });
    using _stranger = Bun.listen({ unix: instance.socketPath, socket: { data: () => {} } });
    expect((await findSilence(runtime, instance))?.message).toContain("no server that hearth knows of");
    expect(await stopInstance({ runtime, instance })).toEqual({ kind: "not-running" });
  });

  test("asked for twice is done once: what runs is not cut off", async () => {
    await using place = new Place();
    const options = place.options("bun");
    const { pid } = await ask(options);
    const instance = instanceOf(options);
    const slow = ask({ ...options, path: "/slow?ms=500" });
    await sleep(50);
    const first = stopInstance({ runtime, instance });
    await sleep(100);
    expect(await stopInstance({ runtime, instance })).toEqual({ kind: "stopped", pid });
    expect(await first).toEqual({ kind: "stopped", pid });
    expect((await slow).pid).toBe(pid);
  });
});
