import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import {
  probe,
  probeCommand,
  RUNTIMES,
  startProgram,
  temporaryFolder,
} from "../fixtures/runtime/run-probe.ts";
import { loadRuntime } from "../../src/runtime/detect.ts";
import { listFamily } from "../../src/runtime/family.ts";
import { identifyProcess } from "../../src/runtime/identity.ts";
import type { ProcessFamily } from "../../src/runtime/types.ts";

const isAlive = async (pid: number) => (await identifyProcess(pid, "proc")) !== undefined;

/** Pids of the processes whose environment has a marker. */
async function withMarker(marker: string): Promise<number[]> {
  const found = () =>
    readdirSync("/proc").filter((name) => {
      try {
        return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, "utf8").includes(marker);
      } catch {
        return false;
      }
    });
  await eventually(async () => found().length > 3);
  return found().map(Number);
}

async function eventually(claim: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 400; tries++) {
    if (await claim()) return true;
    await Bun.sleep(50);
  }
  return false;
}

describe.each(RUNTIMES)("children on %s", (runtime) => {
  test("say why they can't start, speak through pipes, and are killed with their own children", async () => {
    const { grandchild, ...seen } = probe(runtime, "spawning") as { grandchild: number };
    expect(seen).toEqual({
      failures: [
        "start-failed: Cannot start no-such-program: not found in PATH",
        "start-failed: Cannot start ./text: it may not be executed",
        "start-failed: Cannot start FOLDER/dir: it is a folder",
        "start-failed: Cannot start a program in FOLDER/none: it does not exist",
        "start-failed: Cannot start a program in FOLDER/text: it is no folder",
      ],
      shown: {
        stdout: "in\nFOLDER/dir unset\n",
        stderr: "bad\n",
        exited: { exitCode: 3, signal: null },
      },
      killed: { wasThere: true, gone: { exitCode: null, signal: "SIGKILL" }, again: expect.any(Boolean) },
    });
    expect(await eventually(async () => !(await isAlive(grandchild)))).toBe(true);
  });

  test("in the background get no descriptor above 2 and outlive us", async () => {
    using folder = temporaryFolder();
    const list = join(folder.path, "list");
    const open = [7, 12, 40].map((fd) => `${fd}</etc/passwd`).join(" ");
    const command = probeCommand(runtime, ["background", list]);
    // bash, because these numbers have two digits.
    const ran = spawnSync("bash", ["-c", `exec "$@" ${open}`, "bash", ...command], {
      encoding: "utf8",
      timeout: 60_000,
    });
    const { sleeper } = JSON.parse(ran.stdout) as { sleeper: number };
    try {
      expect(await eventually(async () => readFileSync(list, "utf8").includes(" 3 -> "))).toBe(true);
      const numbers = readFileSync(list, "utf8").match(/\d+(?= -> )/g);
      expect(numbers).toEqual(["0", "1", "2", "3"]); // 3 is the folder that ls reads
      expect(await isAlive(sleeper)).toBe(true);
    } finally {
      process.kill(sleeper, "SIGKILL");
    }
  });

  test("under guard die with us when we are killed, with all their own, and no others do", async () => {
    using folder = temporaryFolder();
    const note = join(folder.path, "note");
    const command = ["env", `GUARD_NOTE=${note}`, ...probeCommand(runtime, ["guarding"])];
    await using program = await startProgram(command);
    const pids = JSON.parse(program.line) as Record<string, number>;
    const { spared = 0, stranger = 0, ...guarded } = pids;
    const far = await withMarker("14".padStart(32, "0"));
    expect(far.length).toBeGreaterThan(2);
    const doomed = [...Object.values(guarded), ...far];
    try {
      expect(await Promise.all(doomed.map(isAlive))).not.toContain(false);
      program.child.kill("SIGKILL");
      expect(await eventually(async () => !(await Promise.all(doomed.map(isAlive))).includes(true))).toBe(
        true,
      );
      expect(await Promise.all([spared, stranger].map(isAlive))).toEqual([true, true]);
      expect(readFileSync(note, "utf8")).toBe(`it's a  b\n${guarded["told"]}\n`);
    } finally {
      for (const pid of [spared, stranger]) process.kill(-pid, "SIGKILL");
    }
  });
});

test.skipIf(process.platform !== "linux")(
  "a family is the same read from /proc and by the shell",
  async () => {
    const runtime = await loadRuntime();
    const marker = "fa".repeat(16);
    const script = "setsid sh -c 'sleep 71; sleep 72' & sleep 73 & wait";
    const child = await runtime.spawn(["sh", "-c", script], { marker });
    const identity = await runtime.identify(child.pid);
    const family = { group: child.pid, marker, startedAt: identity?.startedAt ?? "" };
    const bothWays = async (one: ProcessFamily) => {
      const [read, told] = await Promise.all([listFamily(one, "proc"), listFamily(one, "command")]);
      return [read.toSorted(), told.toSorted()];
    };
    const alike = async (one: ProcessFamily) => {
      const [read, told] = await bothWays(one);
      expect(read).toEqual(told ?? []);
      return read?.length;
    };
    // A process that turns into another program has no environment for a moment: all have to be what they will be.
    const programs = async () =>
      (await listFamily(family, "proc"))
        .map((pid) => basename(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? ""))
        .toSorted();
    try {
      const started = ["sh", "sh", "sleep", "sleep"].join();
      expect(await eventually(async () => (await programs()).join() === started)).toBe(true);
      expect(await alike(family)).toBe(4);
      expect(await alike({ ...family, group: undefined })).toBe(4);
      // The group of another start is a stranger's; its marker is not.
      expect(await alike({ ...family, startedAt: "1@boot" })).toBe(4);
      expect(await alike({ ...family, marker: "0".repeat(32), startedAt: "1@boot" })).toBe(0);
      expect(await alike({ ...family, marker: "0".repeat(32) })).toBe(2);
    } finally {
      await runtime.signalFamily(family, "SIGKILL");
    }
    // While they end, one way may see a process that the other, a moment later, doesn't.
    expect(await eventually(async () => (await bothWays(family)).flat().length === 0)).toBe(true);
  },
);
