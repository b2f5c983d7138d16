import { existsSync, mkdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import {
  CITIES_JSON,
  descriptors,
  isGone,
  isListening,
  Machine,
  signal,
  statFields,
} from "../support/machine.ts";
import { loadRuntime } from "../../src/runtime/detect.ts";
import { until } from "../support/until.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Target, TARGETS } from "../support/targets.ts";
import { connectRaw } from "./support.ts";

/** As many clients at once as a target's own start allows in a short time: Node and Deno need 0.2 to 0.5 s of a core each. */
const CROWD: Readonly<Record<Target, number>> = { binary: 50, bun: 50, node: 12, deno: 16 };

const runtime = await loadRuntime();

describe.each(TARGETS)("a server that starts itself, on %s", (target) => {
  test("a crowd of clients at the same moment is answered by one server", async () => {
    await using machine = await Machine.create(target);
    const clients = Array.from({ length: CROWD[target] }, () => machine.run(["read", "cities.csv"]));
    for (const { exitCode, stdout } of await Promise.all(clients)) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: CITIES_JSON });
    }
    await until("one server is left", () => machine.servers().length === 1);
    expect(machine.servers()).toEqual([machine.record().pid]);
    expect(machine.instances().length).toBe(1);
    expect(machine.log().filter(({ event, message }) => (message ?? event) === "started").length).toBe(1);
  });

  test("a crowd in a project without a port makes one server, too", async () => {
    await using machine = await Machine.create(target, { HEARTH_PORT: "" });
    machine.place.write("hearth.yaml", "idleTimeout: 50s\n");
    const clients = Array.from({ length: CROWD[target] }, () =>
      machine.run(["read", "cities.csv", "--quiet"]),
    );
    for (const { exitCode, stdout } of await Promise.all(clients)) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: CITIES_JSON });
    }
    await until("one server is left", () => machine.servers().length === 1);
    await until("it is the one of the record", () => machine.record().pid === machine.servers()[0]);
    expect((await machine.run(["ping", "--quiet"])).exitCode).toBe(0);
  });

  test("two projects and the default live side by side, and are stopped one by one", async () => {
    await using machine = await Machine.create(target);
    const { env, data } = machine.place;
    for (const name of ["one", "two"]) machine.place.write(`${name}/hearth.yaml`, "idleTimeout: 40s\n");
    const inProject = (name: string, ...args: string[]) =>
      machine.run(args, { cwd: join(data, name), env: { HEARTH_PORT: "" } });
    const answers = await Promise.all([
      machine.run(["read", "cities.csv"]),
      inProject("one", "read", "../cities.csv"),
      inProject("two", "read", "../cities.csv"),
    ]);
    expect(answers.map(({ stdout }) => stdout)).toEqual(Array(3).fill(CITIES_JSON));
    expect(machine.servers().length).toBe(3);
    const records = machine.instances().map((key) => machine.record(key));
    expect(new Set(records.map(({ port }) => port)).size).toBe(3);
    const first = records.find(({ configPath }) => configPath?.endsWith("/one/hearth.yaml"));
    expect(first?.port).toBeGreaterThanOrEqual(20_000);
    expect((await inProject("one", "stop")).exitCode).toBe(0);
    expect(machine.servers().sort()).toEqual(
      records
        .map(({ pid }) => pid)
        .filter((pid) => pid !== first?.pid)
        .sort(),
    );
    expect((await inProject("one", "status")).exitCode).toBe(3);
    expect((await inProject("two", "status")).exitCode).toBe(0);
    expect(env["HEARTH_PORT"]).toBe(String(machine.port));
  });

  test("a shell, a pipeline and inherited descriptors wait for the command only, not for its server", async () => {
    await using machine = await Machine.create(target);
    const caught = await machine.bash('x=$(hearth read cities.csv); printf "%s\\n" "$x"');
    expect(caught).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
    expect(machine.servers().length).toBe(1);
    await machine.kill();
    // `sort` ends only when nobody holds the pipe any more; 7 and 12 are descriptors that only the shell knows of.
    const piped = await machine.bash(
      "exec 7>seven 12> >(cat > twelve; echo closed > done); hearth read cities.csv --format csv | sort; exec 12>&-; while [ ! -e done ]; do sleep 0.01; done",
    );
    expect(piped.stdout).toBe("Delhi,28514000\nShanghai,25582000\nTokyo,37468000\ncity,population\n");
    const [pid = 0] = machine.servers();
    const leads = [...descriptors(pid)].filter(
      ([, to]) => to.startsWith("pipe:") || to.startsWith(machine.place.data),
    );
    const own = leads.filter(([, to]) => !isOwnPipe(pid, to));
    expect(own).toEqual([]);
    expect(descriptors(pid).get(0)).toBe("/dev/null");
    const [, , group, session] = statFields(pid);
    expect([group, session]).toEqual([String(pid), String(pid)]);
    expect(workingFolder(pid)).toBe(machine.stateFolder);
  });

  test("after kill -9 the next call is answered by a new server", async () => {
    await using machine = await Machine.create(target);
    await machine.run(["ping"]);
    const { pid } = machine.record();
    signal(pid, "SIGKILL");
    expect(await machine.run(["read", "cities.csv"])).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
    expect(machine.record().pid).not.toBe(pid);
    expect(machine.servers()).toEqual([machine.record().pid]);
  });

  test("nothing that lies in the state folder blocks a start", async () => {
    await using machine = await Machine.create(target);
    await machine.run(["ping"]);
    const record = machine.record();
    const folder = machine.folder();
    for (const [what, litter] of Object.entries(LITTER)) {
      await machine.kill();
      litter(folder, record as unknown as Record<string, unknown>);
      const { exitCode, stdout, stderr } = await machine.run(["ping", "--json", "--quiet"]);
      expect({ what, exitCode, stderr, answer: stdout }).toEqual({
        what,
        exitCode: 0,
        stderr: "",
        answer: expect.stringContaining("pong") as string,
      });
    }
    const { pid } = machine.record();
    expect(machine.servers()).toEqual([pid]);
  });
});

/** Everything that a crash, a full disk or a restored backup may leave. */
const LITTER: Readonly<Record<string, (folder: string, record: Record<string, unknown>) => void>> = {
  "a stale lock": (folder) => writeFileSync(join(folder, "start.lock"), '{"pid":4194303}'),
  "a lock of a reused pid": (folder) =>
    writeFileSync(join(folder, "start.lock"), JSON.stringify({ pid: process.pid, startedAt: "1@long-ago" })),
  "half a lock and half a record": (folder) => {
    writeFileSync(join(folder, "start.lock"), '{"pi');
    writeFileSync(join(folder, "record.json"), '{"pid":12,"ho');
  },
  "a record of a stranger that lives": (folder, record) =>
    writeFileSync(join(folder, "record.json"), JSON.stringify({ ...record, pid: process.pid })),
  "garbage in every file": (folder) => {
    for (const name of [
      "start.lock",
      "record.json",
      "log",
      "start.log",
      "start-failure.json",
      "server.sock",
    ]) {
      rmSync(join(folder, name), { force: true });
      writeFileSync(join(folder, name), new Uint8Array([0, 255, 10, 123, 34]));
    }
  },
  "folders where files should be": (folder) => {
    for (const name of ["spill", "nonsense"]) mkdirSync(join(folder, name, "deep"), { recursive: true });
  },
};

describe.each(TARGETS)("leaving when idle, on %s", (target) => {
  test("it leaves by itself, whoever watches, and the next call is answered by another", async () => {
    await using machine = await Machine.create(target, { HEARTH_IDLE_TIMEOUT: "700ms" });
    await machine.run(["ping"]);
    const { pid, port } = machine.record();
    const looks: number[] = [];
    await until("the server has left", async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/status`, {
        headers: { "x-hearth-watch": "1" },
      }).catch(() => undefined);
      await answer?.text();
      looks.push(answer?.status ?? 0);
      return isGone(pid);
    });
    expect(looks.filter((status) => status === 200).length).toBeGreaterThan(3);
    expect(machine.log().at(-1)).toMatchObject({ message: "stopped", reason: "idle", wasCut: false });
    expect(existsSync(join(machine.folder(), "record.json"))).toBe(false);
    expect(await machine.run(["read", "cities.csv"])).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
  });

  test("with 0 it never does, and says so", async () => {
    await using machine = await Machine.create(target, { HEARTH_IDLE_TIMEOUT: "0" });
    await machine.run(["ping"]);
    const status = JSON.parse((await machine.run(["status", "--json"])).stdout) as Record<string, unknown>;
    expect(status).toMatchObject({
      isRunning: true,
      idle_timeout: { enabled: false },
      hearth: { startedHow: "auto", idle: { timeoutSeconds: 0, remainingSeconds: null } },
    });
    expect((await machine.run(["status"])).stdout).toContain("never leaves");
  });

  test("requests that meet it just leaving are answered all the same", async () => {
    await using machine = await Machine.create(target, { HEARTH_IDLE_TIMEOUT: "150ms" });
    for (let round = 0; round < 10; round++) {
      const answer = await machine.run(["read", "cities.csv"]);
      expect(answer).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
      // The next one comes some milliseconds around the moment at which the server goes.
      await Bun.sleep(60 + Math.random() * 130);
    }
  });
});

describe.each(TARGETS)("looking at it, on %s", (target) => {
  test("never starts it, and leaves nothing behind", async () => {
    await using machine = await Machine.create(target);
    const looked = await Promise.all(
      [["status"], ["stop"], ["logs"], ["doctor"], ["config", "show"], ["reload"]].map((args) =>
        machine.run(args),
      ),
    );
    expect(looked.map(({ exitCode }) => exitCode)).toEqual([3, 0, 0, 0, 0, 3]);
    expect(machine.servers()).toEqual([]);
    expect(existsSync(machine.stateFolder)).toBe(false);
    expect(looked[1]?.stderr).toBe("No server was running\n");
  });

  test("status tells how it is, as a table and as JSON", async () => {
    await using machine = await Machine.create(target);
    await machine.run(["read", "cities.csv"]);
    await machine.run(["read", "missing.csv"]);
    const { stdout, exitCode } = await machine.run(["status", "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      isRunning: true,
      hearth: {
        pid: machine.record().pid,
        port: machine.port,
        version: expect.any(String),
        runtime: expect.stringMatching(/^(bun|node|deno) \d/),
        memoryBytes: expect.any(Number),
        uptimeSeconds: expect.any(Number),
        startedHow: "auto",
        idle: { timeoutSeconds: 60 },
        requests: {
          refused: 1,
          failed: 0,
          latency: { p50Ms: expect.any(Number), p99Ms: expect.any(Number) },
        },
      },
    });
    const table = (await machine.run(["status"])).stdout;
    for (const label of [
      "pid",
      "address",
      "uptime",
      "version",
      "runtime",
      "memory",
      "idle",
      "requests",
      "latency",
      "cache",
    ])
      expect(table).toMatch(new RegExp(`^${label} `, "m"));
    expect(table).toContain(`http://127.0.0.1:${machine.port}`);
  });
});

describe.each(TARGETS)("stopping, on %s", (target) => {
  test("hearth stop returns when process and address are gone", async () => {
    await using machine = await Machine.create(target);
    await machine.run(["ping"]);
    const { pid, socketPath } = machine.record();
    expect(await isListening(machine.port)).toBe(true);
    const stopped = await machine.run(["stop"]);
    expect(isGone(pid)).toBe(true);
    expect(await isListening(machine.port)).toBe(false);
    expect(existsSync(socketPath)).toBe(false);
    expect(stopped).toMatchObject({ exitCode: 0, stderr: `The server (pid ${pid}) was stopped\n` });
    expect(await machine.run(["stop"])).toMatchObject({ exitCode: 0, stderr: "No server was running\n" });
    expect(await machine.run(["status"])).toMatchObject({ exitCode: 3, stdout: "" });
  });

  test("one that another command seems to start for ever: --timeout bounds the wait for it", async () => {
    await using machine = await Machine.create(target);
    await machine.run(["ping"]);
    await machine.run(["stop"]);
    const startedAt = (await runtime.identify(process.pid))?.startedAt;
    const lock = join(machine.folder(), "start.lock");
    writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt }), { mode: 0o600 });
    const pinged = await machine.run(["ping", "--timeout", "1s"]);
    expect(pinged).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("No answer within 1 s"),
    });
    expect(machine.servers()).toEqual([]);
  });

  test("one that does not answer is told of, by every command, and hearth stop ends it", async () => {
    await using machine = await Machine.create(target);
    await machine.run(["ping"]);
    const { pid } = machine.record();
    signal(pid, "SIGSTOP");
    const [status, ping, doctor, read] = await Promise.all([
      machine.run(["status"]),
      machine.run(["ping", "--timeout", "1s"]),
      machine.run(["doctor"]),
      machine.run(["read", "cities.csv"], { timeoutMs: 9000 }), // without a limit it waits, and says for what
    ]);
    for (const { exitCode, stdout, stderr } of [status, ping, doctor, read]) {
      expect(exitCode).not.toBe(0);
      expect(stdout + stderr).toContain(`The server (pid ${pid}) does not answer`);
      expect(stdout + stderr).toContain("`hearth stop` ends it");
    }
    const stopped = await machine.run(["stop"]);
    expect(stopped).toMatchObject({ exitCode: 0, stderr: `The server (pid ${pid}) was stopped\n` });
    expect(isGone(pid)).toBe(true);
  });

  test("SIGTERM lets a running request end, takes no new one, and exits with 0", async () => {
    const server = await startServer(target);
    try {
      const slow = await slowUpload(server);
      server.signal("SIGTERM");
      await until("new requests are refused", () => refuses(server));
      slow.send("4\r\n3,4\n\r\n0\r\n\r\n");
      await until("the answer is there", () => slow.received().includes("\r\n\r\n"));
      expect(slow.received()).toStartWith("HTTP/1.1 200");
      expect(await server.exited).toBe(0);
      expect(await Bun.file(join(server.place.data, "slow.csv")).text()).toBe("a,b\n1,2\n3,4\n");
      slow.drop();
    } finally {
      await server.stop();
    }
  });

  test("a second signal ends it at once, still with 0, and what was cut off is not written", async () => {
    const server = await startServer(target);
    try {
      const slow = await slowUpload(server);
      server.signal("SIGTERM");
      await until("new requests are refused", () => refuses(server));
      server.signal("SIGINT");
      expect(await server.exited).toBe(0);
      expect(existsSync(join(server.place.data, "slow.csv"))).toBe(false);
      slow.drop();
    } finally {
      await server.stop();
    }
  });

  test("hearth start makes a client's server one of its own, with the folder as a root; restart keeps roots", async () => {
    await using machine = await Machine.create(target);
    machine.place.write("more/m.csv", "x\n1\n");
    const guest = (filename: string) =>
      fetch(`http://127.0.0.1:${machine.port}/api/read_data`, {
        method: "POST",
        body: JSON.stringify({ data_source: { type: "auto", filename } }),
      });
    const base = async () => {
      const health = await fetch(`http://127.0.0.1:${machine.port}/api/health`);
      return ((await health.json()) as { hearth: { directory: string | null } }).hearth.directory;
    };
    await machine.run(["ping"]);
    const { pid } = machine.record();
    expect(await base()).toBeNull();
    const refused = await guest("cities.csv");
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: "no-root",
      hint: expect.stringContaining("hearth start"),
    });
    const started = await machine.run(["start"]);
    expect(started).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(machine.place.data) });
    expect((await guest("cities.csv")).status).toBe(200);
    expect(await base()).toBe(machine.place.data);
    expect(machine.record()).toMatchObject({ pid, startedHow: "by-hand", roots: [machine.place.data] });
    const further = join(machine.place.data, "..", "further");
    machine.place.write("../further/f.csv", "x\n1\n");
    const again = await machine.run(["start"], { cwd: further });
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("further") });
    expect((await guest(join(further, "f.csv"))).status).toBe(200);
    expect((await machine.run(["restart"], { cwd: join(machine.place.data, "more") })).exitCode).toBe(0);
    expect(machine.record().pid).not.toBe(pid);
    expect(machine.record().roots).toContain(machine.place.data);
    expect((await guest(join(machine.place.data, "cities.csv"))).status).toBe(200);
  });

  test("a root that is not there is refused where it is named, and told of where a variable names it", async () => {
    await using machine = await Machine.create(target, { HEARTH_ROOTS: "/no/such" });
    const wrong = [
      ["start", "--root", "nope"],
      ["serve", "--root", "cities.csv"],
      ["restart", "--root", "/nope"],
    ];
    for (const args of wrong) {
      const { exitCode, stderr } = await machine.run(args);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`--root: there is no folder "${args[2]}"`);
    }
    expect(machine.servers()).toEqual([]);
    const started = await machine.run(["start", "--root", "."]);
    expect(started.exitCode).toBe(0);
    expect(started.stderr).toContain("warning: There is no folder /no/such, which is named as a root");
    expect(started.stderr).not.toContain("may reach /no/such");
    const again = await machine.run(["start", "--root", "nope"]);
    expect(again.exitCode).toBe(2);
    expect(machine.record().roots).not.toContain(join(machine.place.data, "nope"));
    // Quiet leaves nothing but errors: of one that runs, flags that come too late are a warning.
    const late = await machine.run(["start", "--idle-timeout", "1h"]);
    expect(late.stderr).toContain("warning: It keeps its settings");
    expect(await machine.run(["start", "-q", "--idle-timeout", "1h"])).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
  });
});

/** A closed port, or where the runtime can't close it before its uploads have ended, 503. */
async function refuses(server: TestServer): Promise<boolean> {
  const response = await server.get("/api/status", { "x-hearth-watch": "1" }).catch(() => undefined);
  if (response === undefined) return true;
  const body = (await response.json()) as { code?: string };
  return response.status === 503 && body.code === "server-stopping";
}

/** An upload whose last line has not come yet. */
async function slowUpload(server: TestServer) {
  const connection = await connectRaw(server);
  connection.send(
    "POST /api/write_data?output=slow.csv&from=csv HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n8\r\na,b\n1,2\n\r\n",
  );
  await until("the upload runs", async () => {
    const status = await server.get("/api/status", { "x-hearth-watch": "1" });
    const body = (await status.json()) as { hearth: { inFlight: { active: number } } };
    return body.hearth.inFlight.active > 0;
  });
  return connection;
}

/** Runtimes have pipes of their own, whose both ends they hold. */
function isOwnPipe(pid: number, to: string): boolean {
  return to.startsWith("pipe:") && [...descriptors(pid).values()].filter((other) => other === to).length > 1;
}

function workingFolder(pid: number): string {
  return readlinkSync(`/proc/${pid}/cwd`);
}
