import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { CITIES_JSON, isGone } from "../support/machine.ts";
import {
  type ServiceMachine,
  serviceMachine,
  unitEnvironment,
  unitValues,
  unitWords,
} from "../support/service.ts";
import { hearthCommand, TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";

/** systemd's own tools: the one that holds a port until somebody comes, and the proxy. */
const LAUNCHER = Bun.which("systemd-socket-activate");
const PROXY = "/usr/lib/systemd/systemd-socket-proxyd";
const hasTools = LAUNCHER !== null && existsSync(PROXY);

describe.each(TARGETS)("a port of the system in front of a server, on %s", (target) => {
  test.skipIf(!hasTools)("the first connection starts it, and the next after it has left", async () => {
    await using places = await serviceMachine(target, { HEARTH_IDLE_TIMEOUT: "" });
    const { machine } = places;
    const installed = await machine.run(["service", "install", "--root", ".", "--idle-timeout", "3s"]);
    expect(installed.exitCode).toBe(0);
    const pids: number[] = [];
    for (const _ of [1, 2]) {
      const manager = launch(places);
      await until("the port is held", () => manager.said().includes("Listening on"));
      expect(machine.servers()).toEqual([]);
      const answers = await Promise.all([
        ask(machine.port, "/api/read_data", { data_source: { type: "csv", filename: "cities.csv" } }),
        ask(machine.port, "/api/config"),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 403]);
      expect(await machine.run(["read", "cities.csv"])).toMatchObject({ exitCode: 0, stdout: CITIES_JSON });
      const { pid } = machine.record();
      expect(machine.servers()).toEqual([pid]);
      expect(machine.record()).toMatchObject({ startedHow: "service", roots: [machine.place.data] });
      pids.push(pid);
      await until("it has left", () => isGone(pid));
      expect(machine.log().at(-1)).toMatchObject({ message: "stopped", reason: "idle" });
      await manager.stop();
    }
    expect(pids[0]).not.toBe(pids[1]);
  });

  test("a manager that waits to be told is told that it is ready, and that it leaves", async () => {
    await using places = await serviceMachine(target);
    const { lines, server } = await startTold(places);
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    // Told before it lets anything go: a start that comes then waits for the end of this one.
    expect(lines()).toEqual(["--ready /run/of-the-manager there", "STOPPING=1 /run/of-the-manager there"]);
  });

  test("who comes while it leaves hears so, until nothing runs and the proxy is gone", async () => {
    await using places = await serviceMachine(target);
    const { machine } = places;
    const { lines, server, socket } = await startTold(
      places,
      "--service",
      "hearth-x",
      "--root",
      machine.place.data,
    );
    const status = async () => {
      const init = { unix: socket, headers: { "x-hearth-watch": "1", connection: "close" } };
      const response = await fetch("http://localhost/api/status", init);
      return {
        code: response.status,
        body: (await response.json()) as { hearth: { inFlight: { active: number } } },
      };
    };
    const slow = connect(socket);
    let received = "";
    slow.on("data", (bytes) => (received += String(bytes)));
    slow.write(
      `POST /api/write_data?output=${machine.place.data}/slow.csv&from=csv HTTP/1.1\r\nHost: localhost\r\n` +
        "Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n8\r\na,b\n1,2\n\r\n",
    );
    await until("it runs", async () => (await status()).body.hearth.inFlight.active > 0);
    server.kill("SIGTERM");
    await until("others are refused with an answer", async () => (await status()).code === 503);
    await until("its manager knows", () => lines().length === 2);
    expect(places.calls()).toEqual([]);
    slow.write("4\r\n3,4\n\r\n0\r\n\r\n");
    expect(await server.exited).toBe(0);
    expect(received).toStartWith("HTTP/1.1 200");
    expect(places.calls()).toEqual(["stop hearth-x-proxy.service"]);
    expect(existsSync(socket)).toBe(false);
    slow.destroy();
  });
});

/** A server that a manager waits for; `lines` is what the manager was told, and whether guests could still come then. */
async function startTold({ machine }: ServiceMachine, ...args: readonly string[]) {
  const { env, home } = machine.place;
  const told = join(home, "told");
  const socket = join(home, "g.sock");
  const tool = join(home, "tools/systemd-notify");
  writeFileSync(tool, `#!/bin/sh\necho "$1 $NOTIFY_SOCKET $(test -S ${socket} && echo there)" >> ${told}\n`);
  chmodSync(tool, 0o755);
  const command = [...hearthCommand(machine.target), "serve", "--no-tcp", "--guest-socket", socket, ...args];
  const server = Bun.spawn(command, {
    cwd: machine.place.data,
    env: { ...env, NOTIFY_SOCKET: "/run/of-the-manager" },
    stderr: "ignore",
  });
  await until("it is ready", () => existsSync(told));
  return { server, socket, lines: () => readFileSync(told, "utf8").trim().split("\n") };
}

function ask(port: number, path: string, body?: unknown): Promise<Response> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { connection: "close" } });
}

/** Holds the port as the socket's unit says, and at the first connection runs what the two services' units say. */
function launch({ machine, units }: ServiceMachine) {
  const name = `hearth-127-0-0-1-${machine.port}`;
  const unit = (ending: string) => readFileSync(join(units, `${name}${ending}`), "utf8");
  const commandOf = (text: string) => unitWords(unitValues(text, "ExecStart")[0] ?? "");
  const server = unit(".service");
  const proxy = commandOf(unit("-proxy.service"));
  const environment = Object.entries(unitEnvironment(server)).map(([key, value]) => `${key}=${value}`);
  const script = `env -i ${shell([...environment, ...commandOf(server)])} 3<&- &
    while [ ! -S ${shell([proxy.at(-1) ?? ""])} ]; do sleep 0.01; done
    exec ${shell(proxy)}`;
  const address = unitValues(unit(".socket"), "ListenStream")[0] ?? "";
  const child = Bun.spawn([LAUNCHER ?? "", "-l", address, "bash", "-c", script], {
    env: machine.place.env,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let text = "";
  void (async () => {
    for await (const chunk of child.stderr) text += new TextDecoder().decode(chunk);
  })();
  return {
    said: () => text,
    stop: async () => {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

function shell(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}
