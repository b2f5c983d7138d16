import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createPlace } from "../support/place.ts";
import { hearth, run } from "../support/run.ts";
import { DENO_PERMISSIONS, PROJECT, RUNTIMES, scriptCommand } from "../support/targets.ts";

/** A port that the system chooses: an instance that no other test has. */
const ENV = { HEARTH_PORT: "0" };

describe.each(RUNTIMES)("the client library in a %s script", (runtime) => {
  test("starts one server and reads, writes, computes, gives up, and says what went wrong", async () => {
    const place = createPlace();
    place.write("a.csv", "x,y\n1,a\n3,b\n");
    place.write("right/a.csv", "x\n2\n3\n");
    try {
      const command = scriptCommand(runtime, join(import.meta.dir, "programs", "client.ts"));
      const { stdout, stderr, exitCode } = await run(command, {
        cwd: place.data,
        env: { ...place.env, ...ENV },
      });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(JSON.parse(stdout)).toEqual({
        notStarted: "server-unreachable",
        servers: 1,
        isOwn: true,
        isTold: true,
        x: [1, 3],
        dtypes: { x: "int64", y: "object" },
        written: "Wrote 1 records",
        id: "9007199254740993",
        rows: 1,
        total: [{ total: 9 }],
        csv: "x,y\n1,a\n3,b\n",
        missing: { code: "file-not-found", status: 404, hasHint: expect.any(String), hasId: "string" },
        aborted: "request-cancelled",
        cancelled: "request-cancelled",
        limited: "response-timeout",
        isAlive: "pong",
      });
    } finally {
      const stopped = await hearth(runtime, place, ["stop"], { env: ENV });
      expect(stopped.exitCode).toBe(0);
      place.remove();
    }
  });
});

test.skipIf(!RUNTIMES.includes("deno"))(
  "a Deno user's task runs the command, with the permissions it names",
  async () => {
    const place = createPlace();
    const task = (...args: string[]) =>
      run([join(PROJECT, "node_modules/.bin/deno"), "task", "--quiet", "hearth", ...args], {
        cwd: PROJECT,
        env: { ...place.env, ...ENV },
      });
    try {
      const { exitCode, stdout } = await task("read", "examples/cities.csv", "--limit", "1");
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject([{ city: "Tokyo" }]);
    } finally {
      expect((await task("stop")).exitCode).toBe(0);
      place.remove();
    }
    const { tasks } = JSON.parse(readFileSync(join(PROJECT, "deno.json"), "utf8")) as {
      tasks: Record<string, string>;
    };
    for (const command of Object.values(tasks)) expect(command).toContain(DENO_PERMISSIONS.join(" "));
  },
);
