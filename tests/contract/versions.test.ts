import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { VERSION } from "../../src/version.ts";
import type { FixtureOptions } from "../fixtures/lifecycle/options.ts";
import { isGone, Machine, signal } from "../support/machine.ts";
import { until } from "../support/until.ts";
import { PROJECT, scriptCommand, TARGETS } from "../support/targets.ts";

const PROGRAM = join(PROJECT, "tests/fixtures/lifecycle/server.ts");

/** A small server that says it is of another version, in the place of the machine's default instance. */
async function serveOther(machine: Machine, changed: Partial<FixtureOptions>) {
  const { stateFolder, port } = machine;
  const own = { configRealPath: undefined, host: "127.0.0.1", port, stateFolder };
  const options: FixtureOptions = { ...own, startedHow: "auto", version: "0.0.1", ...changed };
  const child = Bun.spawn([...scriptCommand("bun", PROGRAM), JSON.stringify(options)], {
    env: machine.place.env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let said = "";
  void (async () => {
    for await (const bytes of child.stdout) said += Buffer.from(bytes).toString();
  })();
  await until("the other server serves", () => said.includes("\n"));
  return {
    pid: child.pid,
    exited: child.exited,
    async [Symbol.asyncDispose]() {
      signal(child.pid, "SIGKILL");
      await child.exited;
    },
  };
}

describe.each(TARGETS)("a server of another version that answers a client on %s", (target) => {
  test("gives way when it is older, was started by a client and nothing runs in it", async () => {
    await using machine = await Machine.create(target);
    await using other = await serveOther(machine, {});
    const { exitCode, stdout } = await machine.run(["ping"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "pong\n" });
    expect(await other.exited).toBe(0);
    expect(machine.record().version).toBe(VERSION);
    expect(machine.servers()).toEqual([machine.record().pid]);
  });

  test("gives way once to many clients at the same moment", async () => {
    await using machine = await Machine.create(target);
    await using other = await serveOther(machine, {});
    const answers = await Promise.all(Array.from({ length: 8 }, () => machine.run(["ping"])));
    expect(answers.map(({ exitCode }) => exitCode)).toEqual(Array(8).fill(0));
    expect(answers.some(({ stdout }) => stdout === "pong\n")).toBe(true);
    expect(isGone(other.pid)).toBe(true);
    await until("one server is left", () => machine.servers().length === 1);
    const starts = () =>
      machine.log().filter(({ message, version }) => message === "started" && version === VERSION);
    await until("the log is written", () => starts().length > 0);
    expect(starts().length).toBe(1);
  });

  test.each([
    ["a person started it", { startedHow: "by-hand" }],
    ["a service manager started it", { startedHow: "service" }],
    ["it is newer", { version: "99.0.0" }],
  ] as const)("is used as it is when %s", async (_why, changed) => {
    await using machine = await Machine.create(target);
    await using other = await serveOther(machine, changed);
    const { exitCode, stdout, stderr } = await machine.run(["ping"]);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: `pong of ${other.pid}\n`,
      stderr: "",
    });
    expect(isGone(other.pid)).toBe(false);
  });

  test("is used as it is while something runs in it", async () => {
    await using machine = await Machine.create(target);
    await using other = await serveOther(machine, {});
    const slow = fetch(`http://127.0.0.1:${machine.port}/slow?ms=30000`).catch(() => undefined);
    await until("the slow request runs", async () => {
      const answer = await fetch(`http://127.0.0.1:${machine.port}/api/status`, {
        headers: { "x-hearth-watch": "1" },
      });
      const body = (await answer.json()) as { hearth: { inFlight: { active: number } } };
      return body.hearth.inFlight.active === 1;
    });
    expect((await machine.run(["ping"])).stdout).toBe(`pong of ${other.pid}\n`);
    expect(isGone(other.pid)).toBe(false);
    signal(other.pid, "SIGKILL");
    await slow;
  });

  test("is refused with the command to run when its protocol doesn't fit", async () => {
    await using machine = await Machine.create(target);
    await using other = await serveOther(machine, { startedHow: "by-hand", protocol: 999 });
    const { exitCode, stdout, stderr } = await machine.run(["ping"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(`version 0.0.1, pid ${other.pid}`);
    expect(stderr).toContain("hearth restart");
    expect((await machine.run(["restart", "--quiet"])).exitCode).toBe(0);
    expect((await machine.run(["ping"])).stdout).toBe("pong\n");
  });
});
