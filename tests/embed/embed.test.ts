import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { run } from "../support/run.ts";
import { RUNTIMES, scriptCommand } from "../support/targets.ts";
import { upstreamCommand } from "../support/upstream.ts";

const PROGRAMS = join(import.meta.dir, "programs");

describe.each(RUNTIMES)("embedded in a %s program", (runtime) => {
  let place: Place;
  beforeEach(() => {
    place = createPlace();
    place.write("a.csv", "x,y\n1,2\n3,4\n");
    place.write("left/a.csv", "x\n1\n");
    place.write("right/a.csv", "x\n2\n3\n");
  });
  afterEach(() => place.remove());

  /** Runs a program to its own end, and gives what it printed. */
  async function result(program: string): Promise<unknown> {
    const command = scriptCommand(runtime, join(PROGRAMS, program));
    const { stdout, stderr, exitCode } = await run(command, { cwd: place.data, env: place.env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    return JSON.parse(stdout);
  }

  test("importing and making it does nothing: no file, no timer, no socket, no changed global", async () => {
    expect(await result("nothing-at-import.ts")).toEqual({ routes: true, isUntouched: true });
    expect(readdirSync(place.data).sort()).toEqual(["a.csv", "left", "right"]);
    const { TMPDIR = "", HOME = "" } = place.env;
    const ofTheRuntime = [".bun", ".cache"];
    expect(readdirSync(HOME).filter((name) => !ofTheRuntime.includes(name))).toEqual([]);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  test("a config's models are loaded at the start, asked through it, and end with it", async () => {
    const cmd = JSON.stringify(upstreamCommand());
    place.write(
      "hearth.yaml",
      `startPort: ${takePorts()}\nmodels: {a: {cmd: ${cmd}}, b: {cmd: ${cmd}}}\nhooks: {on_startup: {preload: [a]}}\n`,
    );
    expect(await result("models.ts")).toEqual({
      isPreloaded: true,
      answer: [200, "b"],
      states: ["stopped", "ready"],
      unknown: [404, "model_not_found"],
      isGone: true,
    });
  });

  test("mounted under a prefix it answers there, and leaves the rest of the program alone", async () => {
    const prefix = "/tools/hearth";
    expect(await result("mounted.ts")).toEqual({
      own: [
        [200, { text: "mine" }],
        [500, { text: "handled mine" }],
        [404, { text: "not mine" }],
      ],
      ping: [200, "abc", true],
      health: 200,
      untold: "unauthorized",
      read: [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
      missing: "file-not-found",
      unknown: [
        404,
        "endpoint-unknown",
        `Unknown endpoint: ${prefix}/api/nope`,
        `GET ${prefix}/openapi.json lists them.`,
      ],
      method: [
        405,
        "method-not-allowed",
        `DELETE not supported for: ${prefix}/api/ping`,
        "Use GET or HEAD or POST.",
      ],
      page: [200, `${prefix}/assets/main.js`, 200, "text/javascript; charset=utf-8"],
      slash: [302, prefix],
      servers: [{ url: prefix }],
      control: ["/api/compute"],
      runtime,
      tenant: [
        200,
        401,
        [{ url: "/acme/caf%C3%A9" }],
        [200, "/acme/caf%C3%A9/assets/main.js", 200, "text/javascript; charset=utf-8"],
      ],
    });
  });

  test("its metrics are those of what it answered, without a server of its own", async () => {
    expect(await result("metrics.ts")).toEqual({
      untold: 401,
      type: "text/plain; version=0.0.4; charset=utf-8",
      lines: [
        'hearth_http_requests_total{route="/api/read_data",status="200"} 1',
        'hearth_http_requests_total{route="/api/ping",status="200"} 2',
        'hearth_http_requests_total{route="/metrics",status="401"} 1',
        'hearth_http_requests_in_flight{kind="use"} 0',
        'hearth_http_requests_in_flight{kind="watch"} 1',
        "hearth_cache_misses_total 1",
      ],
    });
  });

  test("two in one process share nothing", async () => {
    expect(await result("two.ts")).toEqual({
      records: [[{ x: 1 }], [{ x: 2 }, { x: 3 }]],
      across: "path-outside",
      total: [{ total: 5 }],
      before: [1, 2],
      closed: "server-stopping",
      after: [{ x: 2 }, { x: 3 }],
    });
  });

  test("each caller reaches what authorize and the roots grant, and nobody is let in by a slip", async () => {
    const refused = "401 unauthorized";
    expect(await result("who.ts")).toEqual({
      nothing: "403 no-root",
      owner: "200 2 rows",
      ownerRelative: "200 1 rows",
      guest: "200 1 rows",
      guestOutside: "403 path-outside",
      refused,
      slips: Array.from({ length: 6 }, () => refused),
      byHeader: refused,
      failed: "500 internal",
      told: ["internal true Error: no directory service"],
    });
  });

  test("a config's token holds from the first request; what is broken in it is told to the program only", async () => {
    const message = expect.stringMatching(/bad\.yaml:2:12.*bodyLimit/);
    expect(await result("config.ts")).toEqual({
      good: { first: 401, right: 200, left: 200, tooLarge: 413 },
      refused: 503,
      code: "start-failed",
      said: false,
      told: [message],
      early: expect.stringMatching(/^HearthError: .*bad\.yaml:2:12/),
      served: "config-invalid",
      mended: 200,
    });
  });

  test("serving by itself it checks Host, and close() frees everything, so that the program ends", async () => {
    expect(await result("serving.ts")).toEqual({
      exposed: "config-invalid",
      taken: "port-taken",
      records: [{ s: 3 }],
      rebinding: 403,
      bySocket: 200,
      isSocketLeft: false,
      stillThere: 200,
      during: 503,
      ended: 200,
      left: [],
    });
  });

  test("what is to be done is said in words for a program, not for a command line", async () => {
    const onError = expect.stringContaining("`onError`");
    expect(await result("hints.ts")).toEqual({
      noRoot: expect.stringContaining("pass `roots` to createHearth()"),
      outside: expect.stringContaining("`roots`"),
      tooLarge: expect.stringContaining("Raise `bodyLimitBytes`"),
      tooLong: expect.stringContaining("`computeTimeoutSeconds`"),
      failed: onError,
      told: [onError],
      closed: expect.stringContaining("The program closes its hearth"),
      taken: expect.stringContaining("another `port`"),
      missing: `Relative paths start from ${place.data}`,
    });
  });

  test.if(runtime === "deno")("and on Deno which permission is missing", async () => {
    const command = scriptCommand(runtime, join(PROGRAMS, "hints.ts")).filter(
      (word) => word !== "--allow-ffi",
    );
    const { stdout } = await run(command, { cwd: place.data, env: place.env });
    expect(JSON.parse(stdout)).toMatchObject({ engine: expect.stringContaining("`--allow-ffi`") });
  });

  test("Hono's client is typed by the app", async () => {
    expect(await result("typed.ts")).toEqual({ message: "pong", shape: [2, 2], rows: 1 });
  });
});
