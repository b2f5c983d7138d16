import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import {
  probe,
  probeCommand,
  RUNTIMES,
  startProgram,
  temporaryFolder,
} from "../fixtures/runtime/run-probe.ts";
import { identifyProcess } from "../../src/runtime/identity.ts";

const isAlive = async (pid: number) => (await identifyProcess(pid, "proc")) !== undefined;

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
      timeout: 15_000,
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

  test("under guard die with us when we are killed, with their groups, and no others do", async () => {
    await using program = await startProgram(probeCommand(runtime, ["guarding"]));
    const { spared, ...guarded } = JSON.parse(program.line) as Record<string, number>;
    const pids = Object.values(guarded);
    try {
      expect(await Promise.all(pids.map(isAlive))).toEqual([true, true, true]);
      program.child.kill("SIGKILL");
      expect(await eventually(async () => !(await Promise.all(pids.map(isAlive))).includes(true))).toBe(true);
      expect(await isAlive(spared as number)).toBe(true);
    } finally {
      process.kill(spared as number, "SIGKILL");
    }
  });
});
