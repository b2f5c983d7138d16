import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expandHome, expandVariables } from "../../src/access/expand.ts";
import { createFileAccess } from "../../src/access/file-access.ts";
import { accessFor, codeOf, layOut, ownerAt, scratch } from "./access-fixture.ts";

const GUEST = { kind: "guest" } as const;
const PERMISSIONS = ["net", "read", "write", "env", "run", "sys", "ffi"].map((name) => `--allow-${name}`);
const BIN = join(import.meta.dir, "../../node_modules/.bin");
const RUNTIMES = [
  [`${BIN}/bun`],
  [`${BIN}/node`],
  [`${BIN}/deno`, "run", "--quiet", ...PERMISSIONS],
] as const;

describe("a guest", () => {
  test.each([
    ["x.csv", "fine"],
    ["sub/../x.csv", "fine"],
    ["alias.csv", "fine"],
    ["../out/secret.csv", "path-outside"],
    ["leak.csv", "path-outside"],
    ["dangle-out", "path-outside"],
    ["/etc/passwd", "path-outside"],
    ["/etc/there-is-no-such-file", "path-outside"],
    ["dangle-in", "file-not-found"],
    ["nope/x", "file-not-found"],
    ["x.csv/", "file-not-found"],
    ["x.csv/y", "file-not-found"],
    ["hearth.yaml", "path-protected"],
    ["conf", "path-protected"],
    ["state/not-there", "path-protected"],
    ["fifo", "not-a-file"],
    ["sub", "not-a-file"],
    ["loop1", "file-failed"],
    ["", "request-invalid"],
    ["a\0b", "request-invalid"],
    ["y".repeat(300), "request-invalid"],
    ["y/".repeat(50_000), "request-invalid"],
  ])("reading %p is %s, stamping too", async (path, code) => {
    using top = scratch();
    layOut(top.path);
    const access = accessFor(GUEST, top.path);
    expect(await codeOf(access.open(path).then((file) => file.close()))).toBe(code);
    expect(await codeOf(access.stamp(path))).toBe(code);
  });

  test("without roots gets no-root and the command that opens one", async () => {
    const options = {
      caller: GUEST,
      roots: [],
      base: undefined,
      protectedPaths: () => [],
      guestWrites: "any" as const,
      trustedPaths: () => [],
    };
    const opening = createFileAccess(options).open("/etc/passwd");
    expect(await codeOf(opening)).toBe("no-root");
    await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining("hearth start --root .") });
  });

  test("with a root written with a link reads below it", async () => {
    using top = scratch();
    layOut(top.path);
    symlinkSync("root", `${top.path}/named`);
    const roots = [`${top.path}/named/`];
    const access = createFileAccess({
      caller: GUEST,
      roots,
      base: undefined,
      protectedPaths: () => [],
      guestWrites: "any" as const,
      trustedPaths: () => [],
    });
    expect(await codeOf(access.stamp("x.csv"))).toBe("fine");
    expect(await codeOf(access.stamp("../out/x.csv"))).toBe("path-outside");
  });

  test("may narrow itself by allowed_roots, never widen", async () => {
    using top = scratch();
    layOut(top.path);
    const access = accessFor(GUEST, top.path);
    expect(await codeOf(access.stamp("x.csv", { allowedRoots: ["sub"] }))).toBe("path-outside");
    expect(await codeOf(access.stamp("sub/deep/d.csv", { allowedRoots: ["sub"] }))).toBe("fine");
    expect(await codeOf(access.stamp("x.csv", { allowedRoots: [] }))).toBe("path-outside");
    expect(await codeOf(access.stamp("../out/x.csv", { allowedRoots: ["/"] }))).toBe("path-outside");
  });

  test("sees no secret of the server through $NAME in a directory", async () => {
    process.env["HEARTH_TEST_PLACE"] = "sub";
    process.env["MY_API_KEY"] = "sub";
    process.env["ORDINARY"] = "sub";
    expect(expandVariables("$HEARTH_TEST_PLACE/${MY_API_KEY}/$ORDINARY/$UNSET_NAME", GUEST)).toBe(
      "$HEARTH_TEST_PLACE/${MY_API_KEY}/sub/$UNSET_NAME",
    );
  });

  test("is told the path as it was written", async () => {
    using top = scratch();
    layOut(top.path);
    const options = { directory: "$ORDINARY/..", baseDirectory: `${top.path}/root` };
    const opening = accessFor(GUEST, top.path).open("../out/none", options);
    await expect(opening).rejects.toMatchObject({
      message: 'Path "$ORDINARY/../../out/none" is not under an allowed root',
    });
  });
});

describe("the owner", () => {
  test("reads anywhere, from the caller's directory, links and .. as cat does", async () => {
    using top = scratch();
    layOut(top.path);
    const access = accessFor(ownerAt(`${top.path}/root`), top.path);
    expect((await access.stamp("link/../x.csv")).realPath).toBe(`${top.path}/out/x.csv`);
    expect((await access.stamp("hearth.yaml")).realPath).toBe(`${top.path}/root/hearth.yaml`);
    expect(await codeOf(access.stamp("nope/../x.csv"))).toBe("file-not-found");
  });

  test("$NAME and ~ are the caller's", async () => {
    using top = scratch();
    layOut(top.path);
    const owner = ownerAt("/", { environment: { WHERE: `${top.path}/root`, HOME: "/home/me" } });
    const stamp = await accessFor(owner, top.path).stamp("x.csv", { directory: "${WHERE}/sub/.." });
    expect(stamp.realPath).toBe(`${top.path}/root/x.csv`);
    expect(expandHome("~/x", owner)).toBe("/home/me/x");
    const atHome = accessFor(ownerAt("/", { environment: { HOME: `${top.path}/root` } }), top.path);
    expect((await atHome.stamp("~/x.csv")).realPath).toBe(`${top.path}/root/x.csv`);
    expect((await atHome.stamp("d.csv", { directory: "~/sub/deep" })).size).toBe(4);
    expect(await codeOf(accessFor({ kind: "guest" }, top.path).stamp("~/x.csv"))).toBe("file-not-found");
    expect(expandHome("~other/x", owner)).toBe("~other/x");
    expect(expandVariables("$constructor", owner)).toBe("$constructor");
  });
});

test("an opened file stays the same file when its name is given to another", async () => {
  using top = scratch();
  layOut(top.path);
  const file = await accessFor(GUEST, top.path).open("x.csv");
  writeFileSync(`${top.path}/root/new`, "new");
  renameSync(`${top.path}/root/new`, `${top.path}/root/x.csv`);
  expect(readFileSync(file.nativePath, "utf8")).toBe("in");
  file.close();
  file.close();
});

test("a link swapped to and fro never lets a guest read outside", async () => {
  using top = scratch();
  layOut(top.path);
  const root = `${top.path}/root`;
  symlinkSync("sub", `${root}/turn`);
  writeFileSync(`${root}/sub/secret.csv`, "harmless");
  const swapper = Bun.spawn(["sh", "-c", `while :; do ln -sfn ../out turn; ln -sfn sub turn; done`], {
    cwd: root,
  });
  try {
    const access = accessFor(GUEST, top.path);
    const seen = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const opened = await access.open("turn/secret.csv").catch(() => undefined);
      if (opened !== undefined) seen.add(readFileSync(opened.fd, "utf8"));
      opened?.close();
    }
    expect([...seen]).toEqual(["harmless"]);
  } finally {
    swapper.kill();
    await swapper.exited;
  }
});

describe("a target", () => {
  test("keeps the mode of what it replaces; a new file gets what the caller's umask gives", async () => {
    using top = scratch();
    layOut(top.path);
    chmodSync(`${top.path}/root/x.csv`, 0o4640);
    const access = accessFor(ownerAt(`${top.path}/root`, { umask: 0o077 }), top.path);
    expect((await access.target("x.csv")).mode).toBe(0o640);
    expect((await access.target("new.csv")).mode).toBe(0o600);
  });

  test("follows a link to the real file, and is refused where that is outside or hearth's own", async () => {
    using top = scratch();
    layOut(top.path);
    const access = accessFor(GUEST, top.path);
    expect(await access.target("alias.csv")).toMatchObject({
      folder: `${top.path}/root/sub/deep`,
      name: "d.csv",
    });
    expect(await codeOf(access.target("leak.csv"))).toBe("path-outside");
    expect(await codeOf(access.target("dangle-out"))).toBe("path-outside");
    expect(await codeOf(access.target("conf"))).toBe("path-protected");
    expect(await codeOf(access.target("state/new"))).toBe("path-protected");
    expect(await codeOf(access.target("no/folder.csv"))).toBe("file-not-found");
    expect(await codeOf(access.target("sub"))).toBe("not-a-file");
    expect(await codeOf(access.target("new/"))).toBe("not-a-file");
  });
});

test("Bun, Node and Deno say the same about every path", async () => {
  const outputs: string[] = [];
  for (const command of RUNTIMES) {
    using top = scratch();
    layOut(top.path);
    const paths = [
      "x.csv",
      "sub/../x.csv",
      "nope/../x.csv",
      "link/../x.csv",
      "leak.csv",
      "alias.csv",
      "loop1/x",
    ];
    paths.push(
      "dangle-out",
      "dangle-in",
      "fifo",
      "sub/",
      "x.csv/",
      "x.csv/y",
      ".",
      "/",
      "/etc/none",
      "conf",
      "",
    );
    paths.push("a\0b", "a\ud800", "ü.csv", "~/x", `${top.path}//root/x.csv`, "y".repeat(300));
    writeFileSync(`${top.path}/paths.json`, JSON.stringify(paths));
    const probe = join(import.meta.dir, "access-probe.ts");
    const run = Bun.spawn([...command, probe, top.path], { stdout: "pipe", stderr: "inherit" });
    outputs.push((await new Response(run.stdout).text()).replaceAll(top.path, ""));
  }
  expect(outputs[0]).toContain('"written":"5"');
  expect(outputs[0]).not.toContain("BUG");
  expect(outputs[1]).toBe(outputs[0]!);
  expect(outputs[2]).toBe(outputs[0]!);
}, 60_000);
