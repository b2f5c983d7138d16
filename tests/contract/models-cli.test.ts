import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { hearth, type RunOptions } from "../support/run.ts";
import { TARGETS } from "../support/targets.ts";
import { upstreamCommand } from "../support/upstream.ts";

const CONFIG = `
startPort: ${takePorts()}
models:
  a:
    cmd: ${JSON.stringify(upstreamCommand("--talk"))}
    aliases: [gpt-4o]
    env: [GREETING=hello there]
  org/b: {cmd: ${JSON.stringify(upstreamCommand())}, ttl: 60}
  broken: {cmd: ${JSON.stringify(upstreamCommand("--crash"))}}
  missing: {cmd: "no-such-program --port \${PORT}"}
`;

describe.each(TARGETS)("the command line of models on %s", (target) => {
  let place: Place;
  beforeAll(() => {
    place = createPlace();
    place.write("hearth.yaml", CONFIG);
  });
  afterAll(async () => {
    await run(["stop"]);
    place.remove();
  });
  const run = (args: readonly string[], options: RunOptions = {}) =>
    hearth(target, place, [...args, "--config", "hearth.yaml"], options);

  test("a load starts the server and the model; the list shows both", async () => {
    const before = await run(["models", "list", "--json"]);
    expect(before.stderr).toBe("");
    const listed = JSON.parse(before.stdout) as Record<string, unknown>[];
    expect(listed.map(({ id, state }) => [id, state])).toEqual([
      ["a", "stopped"],
      ["org/b", "stopped"],
      ["broken", "stopped"],
      ["missing", "stopped"],
    ]);
    const loaded = await run(["models", "load", "gpt-4o"]);
    expect(loaded.stderr).toMatch(/^a is ready at http:\/\/localhost:\d+, loaded in [\d.]+ s\n$/);
    expect(loaded.exitCode).toBe(0);
    const table = await run(["models", "list", "--format", "table"]);
    expect(table.stdout).toMatch(/model .*state/);
    expect(table.stdout).toMatch(/a +ready/);
  });

  test("a chat streams to the terminal, and takes standard input", async () => {
    const plain = await run(["chat", "a", "one two"]);
    expect([plain.stdout, plain.stderr, plain.exitCode]).toEqual(["You said: one two\n", "", 0]);
    const piped = await run(["chat", "org/b", "what?", "-", "--max-tokens", "5"], {
      stdin: "lines\nof text",
    });
    expect(piped.stdout).toBe("You said: what?\n\nlines\nof text\n");
    const only = await run(["chat", "a", "--system", "be brief"], { stdin: "from a pipe" });
    expect(only.stdout).toBe("You said: from a pipe\n");
    const json = await run(["chat", "a", "x", "--json", "--temperature", "0.5"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ body: { temperature: 0.5, stream: false } });
  });

  test.each([
    [["chat", "nobody", "x"], 1, /^hearth: No model named "nobody"/],
    [["chat", "a", "x", "y"], 2, /quotes/],
    [["chat", "a", "x", "--temperature", "warm"], 2, /--temperature/],
    [["chat", "broken", "x"], 1, /no such device/],
    [["models", "load", "missing"], 1, /no-such-program/],
    [["models", "logs", "nobody"], 1, /^hearth: No model named "nobody"/],
    [["models", "unload", "nobody"], 1, /^hearth: No model named "nobody"/],
  ] as const)("%p says what is wrong", async (args, exitCode, message) => {
    const failed = await run(args);
    expect([failed.stdout, failed.exitCode]).toEqual(["", exitCode]);
    expect(failed.stderr).toMatch(message);
    expect(failed.stderr).not.toContain("HTTP");
  });

  test("what a model printed is shown", async () => {
    const logs = await run(["models", "logs", "a", "-n", "1"]);
    expect(logs.stdout).toMatch(/^.*chat\/completions\n$/);
    const crashed = await run(["models", "logs", "broken"]);
    expect(crashed.stdout).toContain("no such device");
  });

  test("its command is shown as it is run", async () => {
    const shown = await run(["models", "command", "a"]);
    expect(shown.stdout).toMatch(/^GREETING='hello there' \S+ \S*upstream\.ts --port \d+ --talk\n$/);
    expect(shown.stderr).toMatch(/^program: \/.*\nPATH: /);
    const missing = await run(["models", "command", "missing"]);
    expect(missing.stderr).toContain("Cannot start no-such-program");
    expect(missing.stderr).toContain("PATH");
  });

  test("a check reads all and starts nothing", async () => {
    const checked = await hearth(target, place, ["models", "check", "hearth.yaml"]);
    expect(checked.exitCode).toBe(1);
    expect(checked.stderr).toMatch(/^a: \//m);
    expect(checked.stderr).toContain("missing: no program that can be run");
    place.write("bad.yaml", "models:\n  a:\n    cmd: x\n    ttl: soon\n");
    for (const command of ["models", "config"]) {
      const bad = await hearth(target, place, [command, "check", "bad.yaml"]);
      expect([bad.exitCode, bad.stderr]).toEqual([1, expect.stringContaining("bad.yaml:4:10")]);
    }
  });

  test("an unload lets it go", async () => {
    const one = await run(["models", "unload", "a"]);
    expect([one.stderr, one.exitCode]).toEqual(["a is unloaded\n", 0]);
    const all = await run(["models", "unload", "--json"]);
    expect(JSON.parse(all.stdout)).toEqual({ unloaded: "all" });
    const { stdout } = await run(["models", "list", "--json"]);
    expect(stdout).not.toContain('"ready"');
  });
});
