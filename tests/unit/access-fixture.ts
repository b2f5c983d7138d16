import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Caller, OwnerCaller } from "../../src/access/caller.ts";
import { createFileAccess } from "../../src/access/file-access.ts";
import type { FileAccess } from "../../src/access/files.ts";
import { HearthError } from "../../src/errors.ts";

/** A folder of its own for one test, real path, removed by `using`. */
export function scratch(): { path: string; [Symbol.dispose](): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "hearth-access-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Lays out `root` (open to guests) and `out` (not), with links of every kind between them. */
export function layOut(top: string): void {
  const folders = ["root/sub/deep", "root/state", "out/dir"];
  const files = {
    "out/secret.csv": "secret",
    "out/x.csv": "other",
    "root/x.csv": "in",
    "root/sub/deep/d.csv": "deep",
    "root/hearth.yaml": "k",
    "root/state/log": "s",
  };
  const links = {
    link: "../out/dir",
    "leak.csv": "../out/secret.csv",
    "alias.csv": "sub/deep/d.csv",
    "dangle-out": "../out/none",
    "dangle-in": "sub/none",
    loop1: "loop2",
    loop2: "loop1",
    conf: "hearth.yaml",
  };
  for (const folder of folders) mkdirSync(join(top, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(top, name), text);
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(top, "root", name));
  execFileSync("mkfifo", [join(top, "root/fifo")]);
}

export function ownerAt(directory: string, more: Partial<OwnerCaller> = {}): OwnerCaller {
  return { kind: "owner", directory, environment: {}, timeZone: undefined, umask: 0o022, ...more };
}

/** Access below `top/root`, as laid out above, with hearth's own files in it protected. */
export function accessFor(caller: Caller, top: string): FileAccess {
  const root = `${top}/root`;
  const own = [`${root}/hearth.yaml`, `${root}/state`];
  return createFileAccess({
    caller,
    roots: [root],
    base: root,
    protectedPaths: () => own,
    guestWrites: "any",
    trustedPaths: () => [],
  });
}

/** The code of the `HearthError` that a call ends with, or "fine". */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "fine";
  } catch (error) {
    if (error instanceof HearthError) return error.code;
    throw error;
  }
}
