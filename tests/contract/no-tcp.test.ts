import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { lynguineLockPath } from "../../src/lifecycle/lynguine-lock.ts";
import { CITIES_JSON, isGone, isListening, Machine, signal } from "../support/machine.ts";
import { hearthCommand, TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { errorOf } from "./support.ts";

/** `hearth serve` in the foreground, without TCP; ends with its machine. */
function serve(machine: Machine, ...args: readonly string[]) {
  return Bun.spawn([...hearthCommand(machine.target), "serve", "--no-tcp", ...args], {
    cwd: machine.place.data,
    env: machine.place.env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** A guest's request by the Unix socket. */
function guest(path: string, url: string, body?: unknown, headers: Record<string, string> = {}) {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return fetch(`http://localhost${url}`, { unix: path, headers, ...init });
}

const readOf = (filename: string) => ({ data_source: { type: "csv", filename } });

describe.each(TARGETS)("a server without TCP, on %s", (target) => {
  test("serves guests by the socket, with no more rights than by TCP", async () => {
    await using machine = await Machine.create(target, { HEARTH_IDLE_TIMEOUT: "" });
    machine.place.write("../outside/o.csv", "v\n1\n");
    const socket = join(machine.place.data, "..", "guests.sock");
    const server = serve(machine, "--guest-socket", socket, "--root", ".", "--json");
    const line = await firstLine(server.stdout);
    expect(JSON.parse(line)).toEqual({
      url: null,
      host: "127.0.0.1",
      port: null,
      socket,
      pid: server.pid,
      roots: [machine.place.data],
    });
    expect(await isListening(machine.port)).toBe(false);
    expect(lstatSync(socket).mode & 0o777).toBe(0o600);
    expect((await guest(socket, "/api/read_data", readOf("cities.csv"))).status).toBe(200);
    const outside = await guest(socket, "/api/read_data", readOf("../outside/o.csv"), {
      "x-hearth-directory": encodeURIComponent(machine.place.data),
    });
    expect(await errorOf(outside)).toMatchObject({ httpStatus: 403, code: "path-outside" });
    expect(await errorOf(await guest(socket, "/api/config"))).toMatchObject({ code: "owner-only" });
    const foreign = await guest(socket, "/api/status", undefined, { host: "evil.example" });
    expect(await errorOf(foreign)).toMatchObject({ httpStatus: 403, code: "host-refused" });
    expect(existsSync(lynguineLockPath("127.0.0.1", machine.port, machine.place.env))).toBe(false);
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  test("is the one that the owner's commands find: record, status, doctor, stop, restart", async () => {
    await using machine = await Machine.create(target);
    const socket = join(machine.place.data, "..", "guests.sock");
    const server = serve(machine, "--guest-socket", socket);
    await until("it is there", () => existsSync(socket));
    const outside = await machine.run(["read", "../data/cities.csv"], { cwd: machine.place.home });
    expect(outside).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
    expect(machine.servers()).toEqual([server.pid]);
    expect(machine.record()).toMatchObject({ pid: server.pid, guestSocketPath: socket });
    expect(machine.record().port).toBeUndefined();
    const status = JSON.parse((await machine.run(["status", "--json"])).stdout) as { hearth: unknown };
    expect(status.hearth).toMatchObject({ port: null, socket, startedHow: "by-hand" });
    const table = (await machine.run(["status"])).stdout;
    expect(table).toMatch(/^address +no TCP$/m);
    expect(table).toMatch(new RegExp(`^socket +${socket}$`, "m"));
    expect((await machine.run(["doctor"])).stdout).toContain(`runs: the Unix socket ${socket}`);
    const again = await machine.run(["serve", "--no-tcp"]);
    expect(again).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`runs already (pid ${server.pid})`),
    });
    const byTcp = await machine.run(["serve"]);
    expect(byTcp).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`runs already (pid ${server.pid})`),
    });
    const restarted = await machine.run(["restart", "--no-tcp", "--guest-socket", socket]);
    expect(restarted).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(socket) });
    expect(await server.exited).toBe(0);
    const { pid } = machine.record();
    expect((await guest(socket, "/api/ping")).status).toBe(200);
    expect(await machine.run(["stop"])).toMatchObject({
      exitCode: 0,
      stderr: `The server (pid ${pid}) was stopped\n`,
    });
    expect([isGone(pid), existsSync(socket)]).toEqual([true, false]);
  });

  test("alone serves its owner and nobody else", async () => {
    await using machine = await Machine.create(target, { HEARTH_TCP: "false" });
    expect(await machine.run(["read", "cities.csv"])).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
    expect(await isListening(machine.port)).toBe(false);
    expect(machine.record()).toMatchObject({ startedHow: "auto" });
    const { stderr } = await machine.run(["start"]);
    expect(stderr).toContain("running already");
  });

  test("of several that start at once one serves, and the others say so", async () => {
    await using machine = await Machine.create(target);
    const socket = join(machine.place.data, "..", "guests.sock");
    const servers = Array.from({ length: 5 }, () => serve(machine, "--guest-socket", socket));
    const first = await Promise.race(servers.map(async (one) => [await one.exited, one] as const));
    expect(first[0]).toBe(1);
    await until("one is left", () => servers.filter(({ exitCode }) => exitCode === null).length === 1);
    const [left] = servers.filter(({ exitCode }) => exitCode === null);
    expect(servers.filter((one) => one !== left).map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 1]);
    expect(machine.record().pid).toBe(left?.pid ?? 0);
    const started = () => machine.log().filter(({ message }) => message === "started");
    await until("its log tells of it", () => started().length > 0);
    expect(started().map(({ pid }) => pid)).toEqual([left?.pid]);
    const body = (await (await guest(socket, "/api/health")).json()) as { hearth: unknown };
    expect(body.hearth).toMatchObject({ pid: left?.pid });
  });

  test("leaves when idle, and what a killed one left blocks no other", async () => {
    await using machine = await Machine.create(target);
    const socket = join(machine.place.data, "..", "guests.sock");
    const killed = serve(machine, "--guest-socket", socket);
    await until("it is there", () => existsSync(socket));
    expect((await guest(socket, "/api/ping")).status).toBe(200);
    signal(killed.pid, "SIGKILL");
    await killed.exited;
    machine.place.write(
      `../state/instances/${machine.instances()[0]}/bind.lock`,
      JSON.stringify({ pid: killed.pid, startedAt: "1@gone" }),
    );
    const next = serve(machine, "--guest-socket", socket, "--idle-timeout", "300ms");
    expect(await next.exited).toBe(0);
    expect(machine.log().at(-1)).toMatchObject({ message: "stopped", reason: "idle" });
    expect(existsSync(socket)).toBe(false);
  });

  test("a socket that another serves, and a file, are left as they are", async () => {
    await using machine = await Machine.create(target);
    const socket = join(machine.place.data, "..", "guests.sock");
    const server = serve(machine, "--guest-socket", socket);
    await until("it is there", () => existsSync(socket));
    const other = await machine.run(["serve", "--no-tcp", "--port", "1", "--guest-socket", socket]);
    expect(other).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Another program serves") });
    const file = machine.place.write("file", "mine");
    const wrong = await machine.run(["serve", "--no-tcp", "--port", "1", "--guest-socket", file]);
    expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is a file, not a socket") });
    expect((await guest(socket, "/api/ping")).status).toBe(200);
    server.kill("SIGTERM");
    await server.exited;
  });
});

describe.each(TARGETS)("a server whose port another program holds, on %s", (target) => {
  test("starts for its owner's commands without TCP, and says so", async () => {
    using stranger = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: (socket) => void socket.end("HTTP/1.0 404 Not Found\r\n\r\n") },
    });
    await using machine = await Machine.create(target, { HEARTH_PORT: String(stranger.port) });
    const problem = `Port ${stranger.port} on 127.0.0.1 is held by another program`;
    const explicit = await machine.run(["start"]);
    expect(explicit).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(problem) });
    expect(machine.servers()).toEqual([]);
    expect((await machine.run(["doctor"])).stdout).toContain(`${stranger.port} is held by another program`);

    const first = await machine.run(["read", "cities.csv"]);
    expect(first).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
    const said = first.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("starting, "));
    expect(said).toEqual([
      expect.stringContaining(`warning: ${problem}. The server started without TCP: hearth's commands work`),
    ]);
    expect(await machine.run(["read", "cities.csv"])).toMatchObject({ stdout: CITIES_JSON, stderr: "" });

    expect((await machine.run(["status"])).stdout).toContain(`no TCP: ${problem}\n`);
    const status = JSON.parse((await machine.run(["status", "--json"])).stdout) as { hearth: unknown };
    expect(status.hearth).toMatchObject({ port: null, tcpProblem: problem, startedHow: "auto" });
    const doctor = await machine.run(["doctor"]);
    expect(doctor).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`without TCP. ${problem}`) });
    expect(machine.log()).toContainEqual(expect.objectContaining({ level: "warn", reason: problem }));
    const page = await machine.run(["open", "--print"]);
    expect(page).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(problem) });
    expect((await machine.run(["start"])).stderr).toContain(problem);
    expect(machine.servers()).toEqual([machine.record().pid]);
  });
});

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
