import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../../src/access/atomic-write.ts";
import { createFileAccess } from "../../src/access/file-access.ts";
import type { FileAccess } from "../../src/access/files.ts";
import { DATA_EXTENSIONS } from "../../src/access/guest-writes.ts";
import type { GuestWriteRule } from "../../src/access/guest-writes.ts";
import { TOOL_NAMES } from "../../src/access/tool-names.ts";
import { WRITERS } from "../../src/data/writers/index.ts";
import { codeOf, ownerAt, scratch } from "./access-fixture.ts";

function guestAt(
  root: string,
  guestWrites: GuestWriteRule,
  more: Partial<Parameters<typeof createFileAccess>[0]> = {},
) {
  const files = createFileAccess({
    caller: { kind: "guest" },
    roots: [root],
    base: root,
    protectedPaths: () => [],
    guestWrites,
    trustedPaths: () => [],
    ...more,
  });
  return { files, write: (path: string) => codeOf(writeFor(files, path)) };
}

async function writeFor(files: FileAccess, path: string): Promise<void> {
  await writeAtomically(await files.target(path), new TextEncoder().encode("x"));
}

describe("security: what a guest may write by `guestWrites: data`", () => {
  test("every format that hearth writes, packed or not, in any case", async () => {
    using place = scratch();
    mkdirSync(join(place.path, "sub"));
    const { write } = guestAt(place.path, "data");
    const written = new Set(DATA_EXTENSIONS.map((extension) => WRITERS.typeOfFile(`a.${extension}`)));
    for (const type of WRITERS.types) expect(written).toContain(type);
    for (const extension of DATA_EXTENSIONS) expect(await write(`sub/a.${extension}`)).toBe("fine");
    for (const name of [
      "a.csv.gz",
      "a.json.zst",
      "A.CSV",
      "a b.csv",
      "a.b.csv",
      "ünï.csv",
      "_lamd.yml",
      "_referia.yml",
    ]) {
      expect(await write(name)).toBe("fine");
    }
  });

  const REFUSED = [
    [
      "a program or no format",
      "run.sh",
      "Makefile",
      "conftest.py",
      "a.toml",
      "a",
      "requirements.txt",
      "a.csv.sh",
    ],
    ["a hidden part", ".envrc.csv", ".git/a.csv", "sub/.hidden/a.csv", ".csv", "...csv", "\u200c.git/a.csv"],
    [
      "a tool's file",
      "package.json",
      "Package.JSON",
      "sub/tsconfig.build.json",
      "hearth.yaml",
      "package.json.gz",
    ],
    [
      "a tool's file",
      "docker-compose.yml",
      "compose.override.yaml",
      "makefile.csv",
      "vite.config.json",
      "deno.json",
      "_quarto.yml",
      "sub/devbox.json",
      "helmfile.yaml",
      "tauri.conf.json",
    ],
    [
      "a tool's file, otherwise spelled",
      "\uff50ackage.json",
      "pack\u00adage.json",
      "pac\u200bkage.json",
      "pac\u212aage.json",
    ],
    ["a tool's directory", "node_modules/a.json", "sub/Site-Packages/a.csv"],
    ["an end that some systems drop", "a.csv.", "a.csv ", "package.json::$DATA", "a.sh::$DATA"],
  ] as const;

  test.each(REFUSED.map(([what, ...names]) => ({ what, names })))(
    "rejects $what: $names",
    async ({ names }) => {
      using place = scratch();
      for (const folder of [".git", "sub/.hidden", "\u200c.git", "node_modules", "sub/Site-Packages"]) {
        mkdirSync(join(place.path, folder), { recursive: true });
      }
      const { write, files } = guestAt(place.path, "data");
      for (const name of names) {
        expect([name, await write(name)]).toEqual([name, "write-refused"]);
        expect(await codeOf(files.foresee(name))).toBe("write-refused");
        expect(existsSync(join(place.path, name))).toBe(false);
      }
    },
  );

  test("rejects every name of the list, in capitals too", async () => {
    using place = scratch();
    const { write } = guestAt(place.path, "data");
    for (const name of TOOL_NAMES) {
      expect([name, await write(name)]).toEqual([name, "write-refused"]);
      expect([name, await write(name.toUpperCase())]).toEqual([name, "write-refused"]);
    }
    expect(readdirSync(place.path)).toEqual([]);
  });

  test("rejects an executable file, also through a link, and makes none", async () => {
    using place = scratch();
    const program = join(place.path, "tool.csv");
    writeFileSync(program, "#!/bin/sh\n");
    symlinkSync("tool.csv", join(place.path, "alias.csv"));
    const { write, files } = guestAt(place.path, "data");
    for (const mode of [0o744, 0o654, 0o645]) {
      chmodSync(program, mode);
      expect(await write("tool.csv")).toBe("write-refused");
      expect(await write("alias.csv")).toBe("write-refused");
    }
    expect((await files.target("new.csv")).mode & 0o111).toBe(0);
  });

  test("judges the real file: a link to a hidden one is refused", async () => {
    using place = scratch();
    mkdirSync(join(place.path, ".git"));
    symlinkSync(".git/config", join(place.path, "data.csv"));
    symlinkSync(".git", join(place.path, "folder"));
    const { write } = guestAt(place.path, "data");
    expect(await write("data.csv")).toBe("write-refused");
    expect(await write("folder/a.csv")).toBe("write-refused");
  });

  test("a root may itself be hidden", async () => {
    using place = scratch();
    const root = join(place.path, ".data");
    mkdirSync(root);
    expect(await guestAt(root, "data").write("a.csv")).toBe("fine");
    const { write } = guestAt(place.path, "data", { roots: [place.path, root] });
    expect(await write(".data/a.csv")).toBe("fine");
  });

  test("makes no hidden directory, nor one of a tool", async () => {
    using place = scratch();
    const { files } = guestAt(place.path, "data");
    expect(await codeOf(files.makeFolder("a/.b"))).toBe("write-refused");
    expect(await codeOf(files.makeFolder("node_modules/a"))).toBe("write-refused");
    expect(readdirSync(place.path)).toEqual([]);
    expect(await codeOf(files.makeFolder("a/b"))).toBe("fine");
    expect(existsSync(join(place.path, "a/b"))).toBe(true);
  });
});

describe("security: the other rules for guests' writes", () => {
  test("`none` allows no file and no directory, and names the setting", async () => {
    using place = scratch();
    const { write, files } = guestAt(place.path, "none");
    expect(await write("a.csv")).toBe("write-refused");
    expect(await codeOf(files.makeFolder("a"))).toBe("write-refused");
    const error = await files.target("a.csv").catch((caught: unknown) => caught);
    expect(String((error as { hint?: string }).hint)).toContain("guestWrites");
  });

  test("`any` allows every file but hearth's own and those that the config names", async () => {
    using place = scratch();
    const named = join(place.path, "serve.sh");
    const { write } = guestAt(place.path, "any", {
      trustedPaths: () => [named],
      protectedPaths: () => [join(place.path, "hearth.yaml")],
    });
    expect(await write("run.sh")).toBe("fine");
    expect(await write(".envrc")).toBe("fine");
    expect(await write("serve.sh")).toBe("write-refused");
    expect(await write("hearth.yaml")).toBe("path-protected");
  });

  test("the owner is not bound by any rule", async () => {
    using place = scratch();
    const { files } = guestAt(place.path, "none", { caller: ownerAt(place.path) });
    await writeFor(files, "package.json");
    expect(existsSync(join(place.path, "package.json"))).toBe(true);
  });

  test("a hard link to one of hearth's own files is as protected as the file", async () => {
    using place = scratch();
    const token = join(place.path, "token");
    writeFileSync(token, "secret");
    linkSync(token, join(place.path, "copy.csv"));
    const { files } = guestAt(place.path, "data", { protectedPaths: () => [token] });
    expect(await codeOf(files.open("copy.csv"))).toBe("path-protected");
    expect(await codeOf(files.stamp("copy.csv"))).toBe("path-protected");
  });
});

describe.if(process.platform === "linux")("security: what processes tell of themselves is no guest's", () => {
  test("nothing below /proc is read, listed or written, also where the root is /", async () => {
    using place = scratch();
    symlinkSync("/proc/self", join(place.path, "self"));
    const { files, write } = guestAt("/", "any");
    const paths = [
      "/proc/self/environ",
      "/proc/thread-self/cmdline",
      "/proc/x",
      `${place.path}/self/environ`,
    ];
    for (const path of paths) {
      expect([path, await codeOf(files.open(path))]).toEqual([path, "path-protected"]);
      expect([path, await codeOf(files.stamp(path))]).toEqual([path, "path-protected"]);
      expect([path, await write(path)]).toEqual([path, "path-protected"]);
    }
    expect(await codeOf(files.list("/proc/self"))).toBe("path-protected");
    expect(await codeOf(files.list("/proc"))).toBe("path-protected");
    expect(await codeOf(files.list(place.path))).toBe("fine");
    const own = createFileAccessOfOwner();
    expect(await codeOf(own.open("/proc/self/status"))).toBe("fine");
  });
});

function createFileAccessOfOwner(): FileAccess {
  return createFileAccess({
    caller: ownerAt("/"),
    roots: [],
    base: undefined,
    protectedPaths: () => [],
    guestWrites: "data",
    trustedPaths: () => [],
  });
}
