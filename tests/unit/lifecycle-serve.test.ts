import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { instanceOf } from "../../src/lifecycle/instance.ts";
import {
  lynguineLockPath,
  removeLynguineLock,
  writeLynguineLock,
} from "../../src/lifecycle/lynguine-lock.ts";
import type { HearthStatus } from "../../src/lifecycle/status.ts";
import { ask } from "../fixtures/lifecycle/ask.ts";
import { Place, runtime, RUNTIMES, sleep, until } from "../fixtures/lifecycle/harness.ts";

const TEST_MS = 60_000;
const WATCH = { headers: { "x-hearth-watch": "1" } };

describe.each(RUNTIMES)("a server on %s", (name) => {
  test(
    "knows the owner by the socket and guests by TCP, and says who it is",
    async () => {
      await using place = new Place();
      const guestSocketPath = join(place.stateFolder, "guests.sock");
      const options = place.options(name, { guestSocketPath, idleTimeoutSeconds: 3600 });
      const { port, pid } = await place.serve(name, options);
      const byTcp = await runtime.fetch(undefined, `http://127.0.0.1:${port}/who`);
      const bySocket = await runtime.fetch(guestSocketPath, "http://localhost/who");
      const answers = [await ask(options), await byTcp.json(), await bySocket.json()];
      expect(answers.map((answer) => answer.kind)).toEqual(["owner", "guest", "guest"]);
      expect(place.record(options)).toMatchObject({ pid, port, startedHow: "auto", protocol: 1 });
      expect(place.record(options)?.startedAt).toBe((await runtime.identify(pid))?.startedAt ?? "");
      const response = await runtime.fetch(instanceOf(options).socketPath, "http://localhost/status", WATCH);
      const status = (await response.json()) as HearthStatus;
      expect(status).toMatchObject({
        pid,
        port,
        inFlight: { active: 0, watching: 1 },
        requests: { served: 3 },
      });
      expect(status.runtime).toStartWith(`${name} `);
      expect(status.idle.remainingSeconds).toBeGreaterThan(3000);
    },
    TEST_MS,
  );

  test(
    "drains on SIGTERM: the running request is answered, new ones are refused, nothing is left",
    async () => {
      await using place = new Place();
      const options = place.options(name, { startedHow: "by-hand" });
      const server = await place.serve(name, options);
      const url = `http://127.0.0.1:${server.port}`;
      const lockPath = lynguineLockPath("127.0.0.1", server.port, { TMPDIR: place.stateFolder });
      const slow = runtime.fetch(undefined, `${url}/slow?ms=500`);
      await sleep(100);
      expect(existsSync(lockPath)).toBe(true);
      process.kill(server.pid, "SIGTERM");
      await until(async () => (await codeOf(runtime.fetch(undefined, url))) === "server-unreachable", 300);
      expect(existsSync(instanceOf(options).socketPath)).toBe(false);
      expect((await slow).status).toBe(200);
      expect(await server.child.exited).toEqual({ exitCode: 0, signal: null });
      expect(JSON.parse((await server.lines.next()).value ?? "")).toEqual({
        reason: "signal",
        wasCut: false,
      });
      expect(place.record(options)).toBeUndefined();
      expect(existsSync(lockPath)).toBe(false);
    },
    TEST_MS,
  );

  test(
    "sends an answer to its end while stopping, however slowly it is read",
    async () => {
      await using place = new Place();
      const options = place.options(name);
      const server = await place.serve(name, options);
      const socket = connect(instanceOf(options).socketPath);
      let received = 0;
      socket.on("data", (bytes) => {
        received += bytes.length;
        socket.pause();
        setTimeout(() => socket.resume(), 2);
      });
      const closed = new Promise((resolve) => socket.on("close", resolve));
      socket.write("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await sleep(100);
      process.kill(server.pid, "SIGTERM");
      await Promise.all([closed, server.child.exited]);
      expect(received).toBeGreaterThan(30_000_000);
    },
    TEST_MS,
  );

  test(
    "ends at once on the second SIGTERM, and after the grace period",
    async () => {
      await using place = new Place();
      const patient = { graceMs: 10 * TEST_MS };
      const server = await place.serve(name, place.options(name, patient));
      const slow = runtime
        .fetch(undefined, `http://127.0.0.1:${server.port}/slow?ms=${5 * TEST_MS}`)
        .catch(() => {});
      await sleep(100);
      process.kill(server.pid, "SIGTERM");
      await sleep(200);
      process.kill(server.pid, "SIGINT");
      expect((await server.child.exited).exitCode).toBe(0);
      await slow;

      const impatient = await place.serve(name, place.options(name, { graceMs: 200 }));
      const cut = runtime.fetch(undefined, `http://127.0.0.1:${impatient.port}/slow?ms=9000`).catch(() => {});
      await sleep(100);
      process.kill(impatient.pid, "SIGTERM");
      await impatient.child.exited;
      expect(JSON.parse((await impatient.lines.next()).value ?? "")).toEqual({
        reason: "signal",
        wasCut: true,
      });
      await cut;
    },
    TEST_MS,
  );

  test(
    "exits when idle, though a client goes on watching",
    async () => {
      await using place = new Place();
      const options = place.options(name, { idleTimeoutSeconds: 0.4 });
      const server = await place.serve(name, options);
      const { socketPath } = instanceOf(options);
      await (await runtime.fetch(socketPath, "http://localhost/slow?ms=600")).text();
      const watching = setInterval(() => {
        runtime.fetch(socketPath, "http://localhost/who", WATCH).catch(() => {});
      }, 20);
      await server.child.exited;
      clearInterval(watching);
      expect(JSON.parse((await server.lines.next()).value ?? "")).toMatchObject({ reason: "idle" });
    },
    TEST_MS,
  );

  test(
    "loses no request around the moment of leaving idle",
    async () => {
      await using place = new Place();
      const options = place.options(name, { idleTimeoutSeconds: 0.15 });
      let broken = 0;
      let answered = 0;
      const client = async (offsetMs: number): Promise<void> => {
        for (let i = 0; i < 5; i++) {
          await ask(options, () => (broken += 1));
          answered += 1;
          // 150 ms after the end of the last request the doors close; these come from 8 ms before to 8 ms after.
          await sleep(142 + offsetMs + i * 3);
        }
      };
      await client(0);
      await Promise.all([client(0), client(3)]);
      expect(answered).toBe(15);
      expect(broken).toBe(0);
    },
    TEST_MS,
  );

  test.each(["/throw-later", "/throw-timer"])(
    "fails the one request that an uncaught error of %s belongs to, and lives on",
    async (path) => {
      await using place = new Place();
      const options = place.options(name);
      const { pid } = await place.serve(name, options);
      const { socketPath } = instanceOf(options);
      const failed = await runtime.fetch(socketPath, `http://localhost${path}?ms=5000`);
      expect(failed.status).toBe(500);
      expect(await ask(options)).toMatchObject({ kind: "owner", pid });
    },
    TEST_MS,
  );

  test(
    "ends with 70 for an uncaught error that belongs to no request, and the log has it",
    async () => {
      await using place = new Place();
      const options = place.options(name, { faultAfterMs: 200 });
      const server = await place.serve(name, options);
      expect(await server.child.exited).toEqual({ exitCode: 70, signal: null });
      expect(JSON.parse((await server.lines.next()).value ?? "")).toMatchObject({ reason: "fault" });
      const log = readFileSync(instanceOf(options).logPath, "utf8");
      expect(log).toContain("belongs to no request");
      expect(log).toContain("stray");
      expect(place.record(options)).toBeUndefined();
    },
    TEST_MS,
  );

  test(
    "makes its socket and record again when somebody deleted the folder",
    async () => {
      await using place = new Place();
      const options = place.options(name);
      const server = await place.serve(name, options);
      const { folder, socketPath } = instanceOf(options);
      rmSync(folder, { recursive: true });
      await until(() => existsSync(socketPath) && place.record(options)?.pid === server.pid);
      expect((await ask(options)).pid).toBe(server.pid);
      expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    },
    TEST_MS,
  );
});

describe("the address", () => {
  test("held by this very instance: said, and that is no failure", async () => {
    await using place = new Place();
    const free = await place.serve("bun", place.options("bun"));
    process.kill(free.pid, "SIGKILL");
    const options = place.options("bun", { port: free.port });
    const first = await place.serve("node", options);
    for (const name of RUNTIMES) {
      const second = await place.serve(name, options);
      expect(second.first).toMatchObject({ kind: "already-running", health: { pid: first.pid } });
      expect((await second.child.exited).exitCode).toBe(0);
    }
  });

  test(
    "held by this instance, which is not ready yet: said too",
    async () => {
      await using place = new Place();
      const free = await place.serve("bun", place.options("bun"));
      process.kill(free.pid, "SIGKILL");
      const options = place.options("bun", { port: free.port });
      const first = place.serve("bun", { ...options, readyDelayMs: 2500 });
      await until(() => place.record(options)?.port === free.port);
      expect((await place.serve("bun", options)).first).toMatchObject({ kind: "already-running" });
      expect((await first).first["kind"]).toBe("running");
    },
    TEST_MS,
  );

  test("of a server that fails after binding is free again, and nothing of it is left", async () => {
    await using place = new Place();
    const options = place.options("bun", { fails: "late" });
    expect((await place.client("bun", options)).message).toContain("no handler");
    const { recordPath, socketPath } = instanceOf(options);
    expect([existsSync(recordPath), existsSync(socketPath)]).toEqual([false, false]);
  });

  test("held by somebody else: said by whom, with the way out", async () => {
    await using place = new Place();
    await using other = new Place();
    const hearth = await other.serve("bun", other.options("bun"));
    const explicit = (port: number) => place.options("bun", { port, startedHow: "by-hand" });
    const asked = await place.client("bun", explicit(hearth.port));
    expect(asked).toMatchObject({ code: "port-taken", hint: expect.stringContaining("--port") });
    expect(asked.message).toContain(
      `another hearth (version 0.1.0, instance 127-0-0-1-any, pid ${hearth.pid})`,
    );

    const lynguine = { status: "ok", server: "lynguine-server-poc", version: "0.1.2" };
    await using stranger = await listen(`HTTP/1.0 200 OK\r\n\r\n${JSON.stringify(lynguine)}`);
    expect((await place.client("bun", explicit(stranger.port))).message).toBe(
      `Port ${stranger.port} on 127.0.0.1 is held by lynguine's own server`,
    );
    await using web = await listen("HTTP/1.0 404 Not Found\r\n\r\nnothing");
    expect((await place.client("bun", explicit(web.port))).message).toEndWith("another program");
    await using theirs = await listen('HTTP/1.0 403 Forbidden\r\n\r\n{"code":"other-user"}');
    expect((await place.client("bun", explicit(theirs.port))).message).toEndWith("another user's hearth");
  });

  test("held by somebody else: a server for an owner's command starts without it, and says why", async () => {
    await using place = new Place();
    const web = await listen("HTTP/1.0 404 Not Found\r\n\r\nnothing");
    const options = place.options("bun", { port: web.port });
    const { pid } = await ask(options);
    const tcpProblem = `Port ${web.port} on 127.0.0.1 is held by another program`;
    expect(place.record(options)).toMatchObject({ pid, startedHow: "auto", tcpProblem });
    expect(place.record(options)?.port).toBeUndefined();
    const response = await runtime.fetch(instanceOf(options).socketPath, "http://localhost/status", WATCH);
    expect((await response.json()) as HearthStatus).toMatchObject({ port: null, tcpProblem });
    const { logPath } = instanceOf(options);
    await until(() => existsSync(logPath) && readFileSync(logPath, "utf8").includes(tcpProblem));
    // When the port is free again, the server that runs is found all the same.
    await web[Symbol.asyncDispose]();
    const second = await place.serve("bun", options);
    expect(second.first).toMatchObject({ kind: "already-running", health: { pid } });
    expect((await ask(options)).pid).toBe(pid);
  });

  test("held by somebody else: several that start for owners' commands leave one server", async () => {
    await using place = new Place();
    await using web = await listen("HTTP/1.0 404 Not Found\r\n\r\nnothing");
    const options = place.options("bun", { port: web.port });
    const servers = await Promise.all([1, 2, 3, 4].map(() => place.serve("bun", options)));
    const kinds = servers.map(({ first }) => first["kind"]).toSorted();
    expect(kinds).toEqual(["already-running", "already-running", "already-running", "running"]);
    await until(async () => (await place.living()).length === 1);
    expect(await place.living()).toEqual([place.record(options)?.pid ?? 0]);
  });

  test(
    "a program that says nothing, or no HTTP, does not hold up the answer",
    async () => {
      await using place = new Place();
      const explicit = (port: number) => place.options("bun", { port, startedHow: "by-hand" });
      await using silent = await listen(undefined);
      const asked = place.client("bun", explicit(silent.port));
      await using mail = await listen("220 mail.example.org ESMTP\r\n");
      const mailAsked = place.client("bun", explicit(mail.port));
      expect((await asked).code).toBe("port-taken");
      expect((await mailAsked).code).toBe("port-taken");
    },
    TEST_MS,
  );

  test("derived from a project passes over strangers, and is found again by the socket", async () => {
    await using place = new Place();
    const options = place.options("bun", { configRealPath: "/srv/q/hearth.yaml", port: undefined });
    const rule = instanceOf(options).portRule;
    const first = rule.kind === "derived" ? rule.first : 0;
    const stranger = await listen("HTTP/1.0 404 Not Found\r\n\r\n", first);
    const { pid } = await ask(options);
    expect(place.record(options)?.port).toBe(first === 29_999 ? 20_000 : first + 1);
    await stranger[Symbol.asyncDispose]();
    expect((await ask(options)).pid).toBe(pid);
    const second = await place.serve("bun", options);
    expect(second.first).toMatchObject({ kind: "already-running", health: { pid } });
  });

  test("of two servers of one instance the one that lost the socket leaves", async () => {
    await using place = new Place();
    const options = place.options("bun", { configRealPath: "/srv/r/hearth.yaml", port: undefined });
    const first = await place.serve("bun", options);
    const { socketPath } = instanceOf(options);
    // As when the second did not find the first one yet: the socket is gone for a moment.
    rmSync(socketPath);
    const rule = instanceOf(options).portRule;
    expect(rule.kind).toBe("derived");
    const second = await place.serve("bun", { ...options, host: "127.0.0.1" });
    await until(async () => (await place.living()).length === 1);
    const left = (await place.living())[0];
    expect([first.pid, second.pid]).toContain(left ?? 0);
    expect((await ask(options)).pid).toBe(left ?? 0);
  });
});

describe("lynguine's lock file", () => {
  test("has lynguine's name for it", () => {
    const path = lynguineLockPath("127.0.0.1", 8765, { TMPDIR: "/t" });
    expect(path).toBe("/t/lynguine-server-127-0-0-1-8765.lock");
    expect(lynguineLockPath("::1", 1, {})).toBe("/tmp/lynguine-server---1-1.lock");
  });

  test("replaces a stale one, and is removed only while it names us", async () => {
    await using place = new Place();
    const path = join(place.stateFolder, "x.lock");
    writeFileSync(path, "4194303");
    expect(writeLynguineLock(path)).toBe(true);
    expect(readFileSync(path, "utf8")).toBe(String(process.pid));
    writeFileSync(path, "1");
    removeLynguineLock(path);
    expect(existsSync(path)).toBe(true);
    writeFileSync(path, String(process.pid));
    removeLynguineLock(path);
    expect(existsSync(path)).toBe(false);
  });

  test("never goes through a link", async () => {
    await using place = new Place();
    const target = join(place.stateFolder, "precious");
    const path = join(place.stateFolder, "x.lock");
    symlinkSync(target, path);
    expect(writeLynguineLock(path)).toBe(false);
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, String(process.pid));
    removeLynguineLock(path);
    expect(existsSync(target)).toBe(true);
  });
});

async function codeOf(request: Promise<Response>): Promise<string | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

/** A stranger on a port: answers every connection with a text, or never. */
async function listen(answer: string | undefined, wanted = 0) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (answer !== undefined) socket.on("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(wanted, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
