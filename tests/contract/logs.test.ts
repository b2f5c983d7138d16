import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { Machine } from "../support/machine.ts";
import { until } from "../support/until.ts";
import { hearthCommand, TARGETS } from "../support/targets.ts";

describe.each(TARGETS)("hearth logs on %s", (target) => {
  test("shows what happened, narrowed down by level, time, request and number of lines", async () => {
    await using machine = await Machine.create(target);
    await machine.run(["read", "cities.csv"]);
    await machine.run(["read", "missing.csv"]);
    const ask = (path: string, id: string) =>
      fetch(`http://127.0.0.1:${machine.port}${path}`, { headers: { "x-request-id": id } });
    await (await ask("/api/ping", "my-request")).text();
    await until("the log is written", () => machine.log().some(({ id }) => id === "my-request"));

    const logs = async (...args: string[]) => {
      const { exitCode, stdout } = await machine.run(["logs", "--json", ...args]);
      expect(exitCode).toBe(0);
      return stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const all = await logs();
    expect(all[0]).toMatchObject({ level: "info", pid: machine.record().pid });
    expect(all.filter(({ route }) => route === "/api/read_data")).toMatchObject([
      { event: "request", method: "POST", status: 200, caller: "owner", ms: expect.any(Number) },
      { event: "request", method: "POST", status: 404, caller: "owner", code: "file-not-found" },
    ]);
    expect(await logs("--request", "my-request")).toMatchObject([
      { id: "my-request", route: "/api/ping", caller: "guest" },
    ]);
    expect(await logs("-n", "1")).toEqual(all.slice(-1));
    expect(await logs("--since", "1h")).toEqual(all);
    expect(await logs("--level", "error")).toEqual([]);
    const people = await machine.run(["logs", "--request", "my-request"]);
    expect(people.stdout).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}GET \/api\/ping 200 [\d.]+ ms .*id=my-request\n$/,
    );
    // No caller's folder or environment is ever in it.
    expect(JSON.stringify(all)).not.toContain(machine.place.data);
  });

  test("-f goes on with what is written from then on, also when the log is rotated", async () => {
    await using machine = await Machine.create(target, { HEARTH_LOG_MAX_SIZE: "16kB" });
    await machine.run(["ping"]);
    const following = Bun.spawn([...hearthCommand(target), "logs", "-f", "--json"], {
      cwd: machine.place.data,
      env: machine.place.env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    let followed = "";
    const reading = (async () => {
      for await (const bytes of following.stdout) followed += Buffer.from(bytes).toString();
    })();
    try {
      // It begins at the end: the requests before it was ready are not its business.
      let first = 0;
      await until("it follows", async () => {
        await ping(machine, `early-${first++}`);
        return followed.includes("early-");
      });
      for (let n = 0; n < 150; n++) {
        await ping(machine, `request-${n}`);
        if (n % 30 === 29) await until("the lines have come", () => followed.includes(`"request-${n}"`));
      }
      const numbers = [...followed.matchAll(/"request-(\d+)"/g)].map(([, n]) => Number(n));
      expect(numbers).toEqual(Array.from({ length: 150 }, (_, n) => n));
    } finally {
      following.kill();
      await reading;
    }
    const folder = machine.folder();
    expect(existsSync(join(folder, "log.1"))).toBe(true);
    const { stdout } = await machine.run(["logs", "--request", "request-149"]);
    expect(stdout.split("\n").length).toBe(2);
  });
});

async function ping(machine: Machine, id: string): Promise<void> {
  const url = `http://127.0.0.1:${machine.port}/api/ping`;
  await (await fetch(url, { headers: { "x-request-id": id } })).text();
}
