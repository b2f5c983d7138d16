import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, lstatSync, readFileSync, readdirSync, renameSync, utimesSync } from "node:fs";
import { chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../../src/access/atomic-write.ts";
import { tempName, thisWriter } from "../../src/access/temp-name.ts";
import { HearthError } from "../../src/errors.ts";
import { accessFor, codeOf, ownerAt, scratch } from "./access-fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const accessAt = (folder: string) => accessFor(ownerAt(folder), folder);

async function* source(...texts: string[]) {
  for (const text of texts) yield bytes(text);
}

describe("an atomic write", () => {
  test("gives the whole content, its size, and leaves nothing else", async () => {
    using top = scratch();
    const target = await accessAt(top.path).target("out.csv");
    expect(await writeAtomically(target, source("a,b\n", "", "1,2\n"))).toEqual({ bytes: 8 });
    expect(readFileSync(`${top.path}/out.csv`, "utf8")).toBe("a,b\n1,2\n");
    expect(readdirSync(top.path)).toEqual(["out.csv"]);
    expect(lstatSync(`${top.path}/out.csv`).mode & 0o777).toBe(0o644);
  });

  test("keeps mode and links: the link stays, the real file changes", async () => {
    using top = scratch();
    writeFileSync(`${top.path}/real`, "old");
    chmodSync(`${top.path}/real`, 0o604);
    symlinkSync("real", `${top.path}/link`);
    await writeAtomically(await accessAt(top.path).target("link"), bytes("new"));
    expect(lstatSync(`${top.path}/link`).isSymbolicLink()).toBe(true);
    expect(readFileSync(`${top.path}/real`, "utf8")).toBe("new");
    expect(lstatSync(`${top.path}/real`).mode & 0o777).toBe(0o604);
  });

  test.if(process.getuid?.() === 0)("by root keeps the owner of the file", async () => {
    using top = scratch();
    writeFileSync(`${top.path}/theirs`, "old");
    chownSync(`${top.path}/theirs`, 1234, 4321);
    await writeAtomically(await accessAt(top.path).target("theirs"), bytes("new"));
    expect(lstatSync(`${top.path}/theirs`)).toMatchObject({ uid: 1234, gid: 4321 });
  });

  test("whose source fails passes the error on and changes nothing", async () => {
    using top = scratch();
    writeFileSync(`${top.path}/out`, "old");
    const failure = Object.assign(new Error("no such thing"), { code: "ENOENT" });
    async function* failing() {
      yield bytes("half");
      throw failure;
    }
    const target = await accessAt(top.path).target("out");
    await expect(writeAtomically(target, failing())).rejects.toBe(failure);
    expect(readdirSync(top.path)).toEqual(["out"]);
    expect(readFileSync(`${top.path}/out`, "utf8")).toBe("old");
  });

  test("that is aborted ends at once, also while the source is silent", async () => {
    using top = scratch();
    async function* silent() {
      yield bytes("half");
      await new Promise(() => {});
    }
    const target = await accessAt(top.path).target("out");
    for (const reason of [new HearthError("server-stopping", "stopping"), "any", undefined]) {
      const stop = new AbortController();
      const writing = codeOf(writeAtomically(target, silent(), { signal: stop.signal }));
      setTimeout(() => stop.abort(reason), 10);
      expect(await writing).toBe(reason instanceof HearthError ? "server-stopping" : "request-cancelled");
    }
    expect(readdirSync(top.path)).toEqual([]);
  });

  test("into a folder that was replaced meanwhile is refused and writes nowhere", async () => {
    using top = scratch();
    mkdirSync(`${top.path}/in`);
    mkdirSync(`${top.path}/elsewhere`);
    const target = await accessAt(top.path).target("in/out");
    async function* swapping() {
      yield bytes("half");
      renameSync(`${top.path}/in`, `${top.path}/moved`);
      symlinkSync("elsewhere", `${top.path}/in`);
    }
    expect(await codeOf(writeAtomically(target, swapping()))).toBe("file-changed");
    expect(await codeOf(writeAtomically(target, bytes("x")))).toBe("file-changed");
    expect([readdirSync(`${top.path}/moved`), readdirSync(`${top.path}/elsewhere`)]).toEqual([[], []]);
  });

  test("over a name that became a folder is refused", async () => {
    using top = scratch();
    const target = await accessAt(top.path).target("out");
    mkdirSync(`${top.path}/out`);
    expect(await codeOf(writeAtomically(target, bytes("x")))).toBe("not-a-file");
    expect(readdirSync(top.path)).toEqual(["out"]);
  });

  test.if(existsSync("/dev/full"))("to a full disk says so", async () => {
    using top = scratch();
    const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=64k", "none", top.path]).success;
    if (!mounted) return;
    try {
      const target = await accessAt(top.path).target("out");
      expect(await codeOf(writeAtomically(target, bytes("x".repeat(200_000))))).toBe("disk-full");
      expect(readdirSync(top.path)).toEqual([]);
    } finally {
      Bun.spawnSync(["umount", top.path]);
    }
  });
});

test("temp files of dead writers are removed at the next write, those of others stay", async () => {
  using top = scratch();
  const self = await thisWriter();
  const gone = Bun.spawnSync(["true"]).pid;
  const names = {
    dead: tempName({ ...self, pid: gone }),
    formerSelf: tempName({ ...self, startedAt: self.startedAt - 1000 }),
    self: tempName(self),
    alive: tempName({ ...self, pid: process.ppid }),
    elsewhere: tempName({ ...self, place: "zzz", pid: gone }),
    old: tempName({ ...self, place: "zzz", pid: gone }),
    user: ".hearth-notes.tmp",
  };
  for (const name of Object.values(names)) writeFileSync(join(top.path, name), "");
  utimesSync(join(top.path, names.old), 1, 1);
  utimesSync(join(top.path, names.user), 1, 1);
  await writeAtomically(await accessAt(top.path).target("out"), bytes("x"));
  const kept = [names.self, names.alive, names.elsewhere, names.user, "out"];
  expect(readdirSync(top.path).sort()).toEqual(kept.sort());
});

test("kill -9 in the middle of a write leaves one whole file", async () => {
  using top = scratch();
  const child = join(import.meta.dir, "access-writer-child.ts");
  const wholes = new Set(["a".repeat(300_000), "b".repeat(500_000)]);
  for (let round = 0; round < 20; round++) {
    const writer = Bun.spawn([process.execPath, child, top.path], { stdout: "pipe" });
    await writer.stdout.getReader().read();
    await Bun.sleep(Math.random() * 25);
    writer.kill("SIGKILL");
    await writer.exited;
    expect(wholes.has(readFileSync(`${top.path}/out.txt`, "utf8"))).toBe(true);
  }
  await writeAtomically(await accessAt(top.path).target("out.txt"), bytes("done"));
  expect(readdirSync(top.path)).toEqual(["out.txt"]);
}, 60_000);
