import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createPlace } from "../support/place.ts";
import { freePort } from "../support/ports.ts";
import { pythonWithClient } from "../support/python.ts";
import { hearth, run } from "../support/run.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";

const FIXTURES = join(import.meta.dir, "data", "fixtures");

const python = await pythonWithClient();

describe.skipIf(python === undefined).each(TARGETS)("lynguine's own Python client on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target, { fixtures: FIXTURES });
  });
  afterAll(() => server.stop());

  test("reads, writes, computes, and holds sessions, unmodified", async () => {
    const { exitCode, stderr } = await run([python as string, join(import.meta.dir, "lynguine_client.py")], {
      cwd: server.place.data,
      env: { ...server.place.env, HEARTH_URL: server.url },
    });
    expect(stderr).toEndWith("OK\n");
    expect(exitCode).toBe(0);
  }, 60_000);

  test("starts hearth in place of its own server once that is enabled, and finds it again after a crash", async () => {
    const place = createPlace(FIXTURES);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const lynguine = (word: string) =>
      hearth(target, place, ["lynguine", word, "--python", python as string]);
    const client = (code: string) => {
      const script = [
        "from lynguine.client import ServerClient",
        `client = ServerClient("${url}", auto_start=True, idle_timeout=60, retry_delay=0.2)`,
        code,
      ];
      return run([python as string, "-c", script.join("\n")], { cwd: place.data, env: place.env });
    };
    const readRows = `print(len(client.read_data(data_source={"type": "csv", "filename": "people.csv"})))`;
    const status = async () => (await (await fetch(`${url}/api/status`)).json()) as Record<string, unknown>;
    expect((await lynguine("enable")).exitCode).toBe(0);
    try {
      expect(await client(readRows)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("4\n") });
      const first = await status();
      expect(first["hearth"]).toMatchObject({ runtime: expect.any(String) });
      expect(first["idle_timeout"]).toMatchObject({ enabled: true, timeout_seconds: 60 });
      // It was left running, with nobody to read what it prints: many failures must not fill the pipe.
      for (let i = 0; i < 400; i += 1) {
        const answer = await fetch(`${url}/api/read_data`, { method: "POST", body: "{}" });
        expect(answer.status).toBe(400);
      }
      process.kill(first["pid"] as number, "SIGKILL");
      await until(
        "it is gone",
        async () =>
          !(await fetch(url).then(
            () => true,
            () => false,
          )),
      );
      expect(await client(readRows)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("4\n") });
      process.kill((await status())["pid"] as number, "SIGTERM");
    } finally {
      expect((await lynguine("disable")).exitCode).toBe(0);
      place.remove();
    }
  }, 120_000);
});
