import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { VERSION } from "../../src/version.ts";
import { createPlace, type Place } from "../support/place.ts";
import { hearth } from "../support/run.ts";
import { PROJECT, TARGETS } from "../support/targets.ts";

/** A registry of its own: what it answers is told by the first part of the path. */
let registry: ReturnType<typeof Bun.serve>;
let asked: { path: string; accept: string | null }[] = [];

const ANSWERS: Record<string, () => Response | Promise<Response>> = {
  newer: () => Response.json({ name: "hearthd", "dist-tags": { latest: "99.0.0" } }),
  same: () => Response.json({ name: "hearthd", "dist-tags": { latest: VERSION } }),
  older: () => Response.json({ name: "hearthd", "dist-tags": { latest: "0.0.1" } }),
  untagged: () => Response.json({ name: "hearthd", "dist-tags": {} }),
  absent: () => Response.json({ error: "Not found" }, { status: 404 }),
  closed: () => new Response("who are you?", { status: 401 }),
  broken: () => new Response("<html>", { status: 502 }),
  page: () => new Response("<html>Welcome</html>"),
  text: () => Response.json("hearthd"),
  silent: () => new Promise(() => {}),
  stalled: () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"name":')),
      }),
    ),
};

beforeAll(() => {
  registry = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push({ path: pathname, accept: request.headers.get("accept") });
      return ANSWERS[pathname.split("/")[1] ?? ""]?.() ?? new Response(null, { status: 500 });
    },
  });
});
afterAll(async () => {
  await registry.stop(true);
});

describe.each(TARGETS)("hearth upgrade on %s", (target) => {
  let place: Place;
  beforeAll(() => {
    place = createPlace();
  });
  afterAll(() => place.remove());

  function upgrade(answer: string, ...args: string[]) {
    asked = [];
    const env = { npm_config_registry: new URL(answer, registry.url).href };
    return hearth(target, place, ["upgrade", ...args], { env });
  }

  test("a newer version is told with the command for this copy, and nothing is changed", async () => {
    const { exitCode, stdout, stderr } = await upgrade("newer");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe(
      `hearth 99.0.0 is there; this is ${VERSION} (clone, ${PROJECT})\nRun: cd ${PROJECT} && git pull && npm ci && npm run build\n`,
    );
    expect(asked).toEqual([{ path: "/newer/hearthd", accept: expect.stringContaining("application/json") }]);
  });

  test("programs are told as JSON", async () => {
    const { exitCode, stdout } = await upgrade("newer", "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      current: VERSION,
      newest: "99.0.0",
      isNewer: true,
      registry: new URL("newer/", registry.url).href,
      installation: { kind: "clone", place: PROJECT },
      command: `cd ${PROJECT} && git pull && npm ci && npm run build`,
    });
    expect(JSON.parse((await upgrade("same", "--json")).stdout)).toMatchObject({
      isNewer: false,
      command: null,
    });
  });

  test.each([
    ["same", `hearth ${VERSION} is the newest version\n`],
    ["older", `hearth ${VERSION} is newer than what is announced, 0.0.1\n`],
    ["untagged", `hearth ${VERSION}; no version is announced\n`],
  ])("without a newer one that is said, unless quiet: %s", async (answer, text) => {
    expect(await upgrade(answer)).toMatchObject({ exitCode: 0, stdout: text, stderr: "" });
    expect(await upgrade(answer, "--quiet")).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  });

  test.each([
    ["absent", "knows no package hearthd"],
    ["closed", "wants a login (401)"],
    ["broken", "answered with status 502"],
    ["page", "answered something that is no list of versions"],
    ["text", "answered something that is no list of versions"],
    ["silent", "did not answer within 0.3 s"],
    ["stalled", "did not answer within 0.3 s"],
  ])("a registry that can't be asked is told in words: %s", async (answer, words) => {
    const { exitCode, stdout, stderr } = await upgrade(answer, "--timeout", "300ms");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toBe(
      `hearth: The registry ${new URL(`${answer}/`, registry.url).href} ${words}\n  Nothing was changed. Another one is asked by --registry URL, or with npm_config_registry.\n`,
    );
  });

  test("nobody at the address, and an address that is none", async () => {
    // Port 9 is no port of a registry, and refuses on this machine.
    const refused = await hearth(target, place, ["upgrade", "--registry", "http://127.0.0.1:9/"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toStartWith("hearth: The registry http://127.0.0.1:9/ can't be reached\n");
    expect((await hearth(target, place, ["upgrade", "--registry", "npm"])).exitCode).toBe(2);
  });

  test("the manual page and the completions are those of the sources", async () => {
    for (const args of [["man"], ["completions", "zsh"]]) {
      const here = await hearth(target, place, args);
      const source = await hearth("bun", place, args);
      expect(here).toMatchObject({ exitCode: 0, stdout: source.stdout, stderr: "" });
    }
    const file = join(place.home, ".config/fish/completions/hearth.fish");
    const installed = await hearth(target, place, ["completions", "install", "fish"]);
    expect(installed).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: `Completions for fish were put into ${file}\n`,
    });
  });
});
