import { describe, expect, test } from "bun:test";
import { isGone, Machine, signal } from "../support/machine.ts";
import { startServer } from "../support/server.ts";
import { createPlace } from "../support/place.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";

/** Throws in the name of nobody: in an event of the process. */
const FATAL = `
process.on("SIGUSR2", () => { throw new Error("stray"); });
export const functions = { loaded: { row: () => 1 } };
`;

/**
 * Node keeps the context in which a listener of signals was added, so there the file is loaded before the program. Bun
 * has none there: it is a module of functions, which the first computation loads. Deno can't do either.
 */
const able = TARGETS.filter((target) => target !== "deno");
const environment = (target: string, file: string): Record<string, string> =>
  target === "node" ? { NODE_OPTIONS: `--import=${file}` } : {};

/** Loads the module, and waits until what is thrown can't be of this request any more. */
async function load(url: string): Promise<void> {
  const body = JSON.stringify({ operation: "loaded", data: [{ a: 1 }], params: { field: "x" } });
  const answer = await fetch(`${url}/api/compute`, { method: "POST", body });
  expect(answer.status).toBe(200);
}

describe.each(able)("a server that ended for an error of no request, on %s", (target) => {
  test("in the foreground a fresh process goes on, and exit code 70 ends the fourth within a minute", async () => {
    const place = createPlace();
    const file = place.write("fatal.mjs", FATAL);
    const args = ["--compute-module", file];
    const server = await startServer(target, { place, args, env: environment(target, file) });
    await load(server.url);
    try {
      let pid = server.pid;
      const seen = [pid];
      for (let round = 0; round < 3; round++) {
        await until("a fresh process serves", async () => {
          if (seen.at(-1) === pid) signal(pid, "SIGUSR2");
          await Bun.sleep(100);
          const url = server.stderr().match(/http:\/\/[\d.]+:\d+/g)?.[round + 1];
          if (url === undefined) return false;
          const answer = await fetch(`${url}/api/status`).catch(() => undefined);
          pid = ((await answer?.json()) as { pid: number } | undefined)?.pid ?? pid;
          return !seen.includes(pid);
        });
        seen.push(pid);
        await load(
          server
            .stderr()
            .match(/http:\/\/[\d.]+:\d+/g)!
            .at(-1)!,
        );
      }
      await until("the fourth is gone", async () => {
        signal(pid, "SIGUSR2");
        await Bun.sleep(100);
        return isGone(pid);
      });
      expect(await server.exited).toBe(70);
      expect(server.stderr()).toContain("hearth failed 4 times within a minute");
    } finally {
      await server.stop();
      place.remove();
    }
  });

  test("one that was started by hand in the background starts its successor, with its roots", async () => {
    await using machine = await Machine.create(target);
    const file = machine.place.write("fatal.mjs", FATAL);
    const env = { ...environment(target, file), HEARTH_COMPUTE_MODULES: file };
    expect((await machine.run(["start"], { env })).exitCode).toBe(0);
    await load(`http://127.0.0.1:${machine.record().port}`);
    machine.place.write("more/x.csv", "a\n1\n");
    expect((await machine.run(["start", "--root", "more"])).exitCode).toBe(0);
    const { pid, roots } = machine.record();
    await until("the successor serves", async () => {
      // Bun can't tell at first that it is not of the request that has just ended.
      signal(pid, "SIGUSR2");
      await Bun.sleep(100);
      const record = recordOrNone(machine);
      return record !== undefined && record.pid !== pid && isGone(pid);
    });
    expect([...machine.record().roots].sort()).toEqual([...roots].sort());
    expect(machine.record().startedHow).toBe("by-hand");
  });

  test("one that a client started comes back with the next call", async () => {
    await using machine = await Machine.create(target);
    const file = machine.place.write("fatal.mjs", FATAL);
    const env = { ...environment(target, file), HEARTH_COMPUTE_MODULES: file };
    expect((await machine.run(["ping"], { env })).exitCode).toBe(0);
    await load(`http://127.0.0.1:${machine.record().port}`);
    const { pid } = machine.record();
    await until("it is gone", async () => {
      signal(pid, "SIGUSR2");
      await Bun.sleep(100);
      return isGone(pid);
    });
    expect((await machine.run(["ping"])).stdout).toContain("pong");
    expect(machine.record().pid).not.toBe(pid);
  });
});

function recordOrNone(machine: Machine) {
  try {
    return machine.record();
  } catch {
    return undefined;
  }
}
