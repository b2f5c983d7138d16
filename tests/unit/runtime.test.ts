import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PROJECT, probe, probeCommand, readJson, RUNTIMES } from "../fixtures/runtime/run-probe.ts";
import { parseStat } from "../../src/runtime/identity.ts";

const FIVE_ANSWERS = [
  ["500", ""], // thrown at once
  ["500", ""], // rejected later
  ["400", ""], // no Host
  ["400", ""], // an empty one
  ["400", ""], // one that makes no URL
  ["200", "hello"], // IPv6
];

test.each(RUNTIMES)("%s answers alike over TCP and over a Unix socket of mode 600", (runtime) => {
  const { answers, ...rest } = probe(runtime, "serving") as { answers: unknown[] };
  expect(rest).toMatchObject({
    name: runtime,
    modeBits: "600",
    umask: process.umask(),
    errors: ["async secret", "async secret", "sync secret", "sync secret"],
  });
  const expected = { hello: true, hasLength: true, rest: FIVE_ANSWERS };
  expect(answers).toEqual([expected, expected]);
});

test.each(RUNTIMES)("%s says in the same words why it can't listen", (runtime) => {
  const failures = probe(runtime, "listen-failures") as Record<string, { code: string; message: string }>;
  const said = Object.entries(failures).map(([name, { code, message }]) => [name, `${code}: ${message}`]);
  expect(Object.fromEntries(said)).toEqual({
    taken: "port-taken: Another program listens on 127.0.0.1:PORT",
    name: 'address-invalid: No host named "no-such-host.invalid" is known',
    foreign: "address-invalid: 203.0.113.7:0 is not an address of this machine",
    range: "address-invalid: 80000 is no port; a port is a whole number from 0 to 65535",
    file: "port-taken: A file stands at the socket path FOLDER/file already",
    missing:
      "address-invalid: Cannot make the socket FOLDER/none/s.sock: its folder is missing or cannot be written",
    long: expect.stringContaining("address-invalid: A socket path has 1 to 10"),
  });
});

test.each(RUNTIMES)(
  "%s frees its port at once and lets running requests finish, or drops them",
  (runtime) => {
    expect(probe(runtime, "stopping")).toEqual({
      gentle: { refused: "server-unreachable", idleEnded: true, answer: "done" },
      atOnce: { outcome: "connection-broken" },
      // Deno can't drop a connection after it has stopped listening.
      afterStop: { outcome: runtime === "deno" ? 503 : "connection-broken" },
    });
  },
);

test.each(RUNTIMES)("%s names itself and the command that starts hearth", (runtime) => {
  const { name, isCompiled, command, rss } = probe(runtime, "self-command") as Record<string, string[]>;
  expect({ name, isCompiled }).toMatchObject({ name: runtime, isCompiled: false });
  expect(Number(rss)).toBeGreaterThan(10_000_000);
  expect(command?.slice(-3)).toEqual([join(PROJECT, "src/cli/main.ts"), "ping", "a b"]);
  expect(command?.slice(1, -3)).not.toContain("-A");
});

test.each(RUNTIMES)("%s hears signals until the listener is removed", (runtime) => {
  expect(probe(runtime, "signals")).toEqual(["SIGHUP", "SIGINT", "SIGTERM"]);
});

test("all runtimes give a process the same identity, and none to one that is gone", async () => {
  const child = spawn("sleep", ["30"]);
  const ended = once(child, "exit");
  try {
    const read = (pid: number) =>
      RUNTIMES.map((name) => readJson(probeCommand(name, ["identity", String(pid)])));
    const [bun, node, deno] = read(child.pid as number);
    expect(bun).toEqual([{ pid: child.pid, startedAt: expect.stringMatching(/^\d+@[\da-f-]+$|:/) }, null]);
    expect(node).toEqual(bun);
    expect(deno).toEqual(bun);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
});

test("a process name full of parentheses doesn't mislead, and a zombie is not alive", () => {
  const rest = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987 20";
  expect(parseStat(`12 (a) Z (b)) S ${rest}\nboot-1\n`)).toBe("987@boot-1");
  expect(parseStat(`12 (sh) Z ${rest}\nboot-1\n`)).toBeUndefined();
});
