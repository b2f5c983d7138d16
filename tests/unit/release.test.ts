import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeArchive, writeSums } from "../../scripts/release/archive.ts";
import { changelogSection, renderChanges } from "../../scripts/release/changelog.ts";
import { formatFault } from "../../scripts/release/check-format.ts";
import { lastTag, parseCommit, readCommits } from "../../scripts/release/commits.ts";
import { readElf } from "../../scripts/release/elf.ts";
import { fetchLockedPackage, lockedPackage } from "../../scripts/release/locked-package.ts";
import { signAdHoc } from "../../scripts/release/mach-o-sign.ts";
import { readMachO, signatureFault } from "../../scripts/release/mach-o.ts";
import { createSbom } from "../../scripts/release/sbom.ts";
import { hostTarget, type ReleaseTarget, TARGETS } from "../../scripts/release/targets.ts";
import { createPlace } from "../support/place.ts";
import { run } from "../support/run.ts";
import { PROJECT } from "../support/targets.ts";

const place = createPlace();
afterAll(() => place.remove());

describe("the platforms", () => {
  test("are six, each with Bun and the engine in the lock file, with hashes", () => {
    expect(TARGETS.map(({ name }) => name)).toEqual([
      "linux-x64",
      "linux-arm64",
      "linux-x64-musl",
      "linux-arm64-musl",
      "darwin-x64",
      "darwin-arm64",
    ]);
    const bun = lockedPackage(PROJECT, "bun").version;
    const engine = lockedPackage(PROJECT, "@duckdb/node-bindings").version;
    for (const { runtimePackage, bindingPackage } of TARGETS) {
      expect(lockedPackage(PROJECT, runtimePackage).version).toBe(bun);
      expect(lockedPackage(PROJECT, bindingPackage).version).toBe(engine);
    }
  });

  test.each([
    ["linux", "x64", "2.36", "linux-x64"],
    ["linux", "arm64", null, "linux-arm64-musl"],
    ["darwin", "arm64", null, "darwin-arm64"],
    ["win32", "x64", null, undefined],
    ["linux", "riscv64", "2.36", undefined],
  ])("%s %s with glibc %s is %s", (platform, arch, glibc, name) => {
    expect(hostTarget(platform, arch, glibc)?.name).toBe(name);
  });
});

describe("changes", () => {
  test.each([
    ["feat: a thing", { type: "feat", scope: undefined, subject: "a thing", breaking: undefined }],
    ["fix(data): it: works", { type: "fix", scope: "data", subject: "it: works", breaking: undefined }],
    [
      "feat(cli)!: other flags",
      { type: "feat", scope: "cli", subject: "other flags", breaking: "other flags" },
    ],
    [
      "perf: quicker\n\nWords.\n\nBREAKING CHANGE: the old file\nis no longer read",
      { type: "perf", subject: "quicker", breaking: "the old file\nis no longer read" },
    ],
    ["Merge whatever", { type: undefined, scope: undefined, subject: "Merge whatever" }],
    ["", { type: undefined, subject: "(no title)" }],
  ])("%j", (message, expected) => {
    expect(parseCommit("abc1234", message)).toMatchObject({ hash: "abc1234", ...expected });
  });

  test("of a real repository: since the last version, by kind, oldest first, merges left out", async () => {
    const repository = join(place.home, "repository");
    mkdirSync(repository);
    const git = (...args: string[]) => {
      const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
      const done = spawnSync("git", [...identity, ...args], {
        cwd: repository,
        encoding: "utf8",
        env: place.env,
      });
      if (done.status !== 0) throw new Error(done.stderr);
      return done.stdout.trim();
    };
    const commit = (message: string) => {
      git("commit", "--allow-empty", "-m", message);
      return git("rev-parse", "--short", "HEAD");
    };
    git("init", "-q", "-b", "main");
    expect(await lastTag(repository, "HEAD")).toBeUndefined();
    commit("feat: the first");
    expect((await readCommits(repository, undefined, "HEAD")).map(({ subject }) => subject)).toEqual([
      "the first",
    ]);
    git("tag", "v1.0.0");
    git("tag", "unrelated");
    const fix = commit("fix(data): a fault");
    const feat = commit("feat!: a thing  with <b>markup</b>");
    git("checkout", "-q", "-b", "side", "HEAD~1");
    const side = commit("tidy up");
    git("checkout", "-q", "main");
    git("merge", "-q", "--no-ff", "-m", "Merge side", "side");
    // The tag of the version that is being made is not where it begins.
    git("tag", "v2.0.0");

    const from = await lastTag(repository, "HEAD");
    expect(from).toBe("v1.0.0");
    const commits = await readCommits(repository, from, "HEAD");
    const summary = "- Written by hand.";
    expect(renderChanges({ version: "2.0.0", from, commits, summary })).toBe(
      [
        "# hearth 2.0.0",
        summary,
        `## Breaking changes\n\n- a thing with <b>markup</b> (${feat})`,
        `## Features\n\n- a thing with <b>markup</b> (${feat})`,
        `## Fixes\n\n- **data**: a fault (${fix})`,
        `## Other\n\n- tidy up (${side})`,
        "All commits since v1.0.0.\n",
      ].join("\n\n"),
    );
    expect(readCommits(repository, "nowhere", "HEAD")).rejects.toThrow("nowhere");
  });

  test("the words of CHANGELOG.md are those of this version alone", () => {
    const text = "# Changelog\n\n## 1.10.0 (unreleased)\n\n- New.\n\n## 1.1.0\n\n- Old.\n";
    expect(changelogSection(text, "1.10.0")).toBe("- New.");
    expect(changelogSection(text, "1.1.0")).toBe("- Old.");
    expect(changelogSection(text, "1.1")).toBe("");
  });
});

describe("the bill of materials", () => {
  test("names what users get, with hashes, and nothing of this machine; twice the same", async () => {
    const time = new Date("2026-01-02T03:04:05Z");
    const text = await createSbom(PROJECT, time);
    expect(await createSbom(PROJECT, time)).toBe(text);
    expect(text).not.toContain(PROJECT);
    const bom = JSON.parse(text) as {
      bomFormat: string;
      serialNumber: string;
      metadata: { timestamp: string; component: { name: string; version: string } };
      components: { name: string; version: string; "bom-ref": string; hashes?: unknown[] }[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    expect(bom.bomFormat).toBe("CycloneDX");
    expect(bom.serialNumber).toMatch(
      /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    );
    expect(bom.metadata).toMatchObject({ timestamp: time.toISOString(), component: { name: "hearthd" } });
    const names = bom.components.map(({ name }) => name);
    const { dependencies } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(dependencies).filter((name) => !names.includes(name))).toEqual([]);
    for (const { bindingPackage } of TARGETS) expect(names).toContain(bindingPackage);
    expect(names).toContain("bun");
    expect(names.filter((name) => /typescript|oxlint|zod/.test(name))).toEqual([]);
    const refs = new Set([
      ...bom.components.map((one) => one["bom-ref"]),
      ...bom.dependencies.map(({ ref }) => ref),
    ]);
    expect(bom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual(
      [],
    );
  });
});

describe("archives", () => {
  test("equal files give equal bytes, which tar unpacks and sha256sum accepts", async () => {
    const out = join(place.home, "archives");
    mkdirSync(out);
    const time = new Date("2026-01-02T03:04:05Z");
    const files = [
      { path: "hearth", content: "#!/bin/sh\necho hello\n", isExecutable: true },
      { path: "man/hearth.1", content: new TextEncoder().encode(".TH\n") },
    ];
    for (const name of ["a", "b"]) await writeArchive(join(out, `${name}.tar.gz`), "hearth-1", files, time);
    expect(readFileSync(join(out, "a.tar.gz"))).toEqual(readFileSync(join(out, "b.tar.gz")));
    writeSums(out);
    const script =
      "sha256sum --check --strict SHA256SUMS && tar -xzf a.tar.gz && hearth-1/hearth && cat hearth-1/man/hearth.1 && tar -tvzf a.tar.gz";
    const { exitCode, stdout } = await run(["sh", "-c", script], { cwd: out, env: place.env });
    expect(exitCode).toBe(0);
    expect(stdout).toStartWith("a.tar.gz: OK\nb.tar.gz: OK\nhello\n.TH\n-rwxr-xr-x root/root");
    expect(stdout).toContain("2026-01-02 03:04 hearth-1/hearth");
  });
});

const [linuxX64, linuxArm64, muslX64] = TARGETS as [ReleaseTarget, ReleaseTarget, ReleaseTarget];
const darwinArm64 = TARGETS.at(-1) as ReleaseTarget;

describe("formats", () => {
  test.skipIf(process.platform !== "linux")("a program of this machine is told from one of another", () => {
    const program = readFileSync(process.execPath);
    const host = hostTarget() as ReleaseTarget;
    expect(readElf(program)).toMatchObject({
      arch: process.arch,
      interpreter: expect.stringContaining("/ld-"),
    });
    // Its own last bytes stand for the engine here.
    const inside = program.subarray(-5000);
    expect(formatFault(program, inside, host)).toBeUndefined();
    expect(formatFault(program, new Uint8Array(5000).fill(1), host)).toContain(
      "engine of this platform is not in it",
    );
    const other = host.arch === "x64" ? linuxArm64 : linuxX64;
    expect(formatFault(program, inside, other)).toBe(`it is for ${host.arch}, not ${other.arch}`);
    if (host === linuxX64) expect(formatFault(program, inside, muslX64)).toContain("not one of musl");
    expect(formatFault(program, inside, darwinArm64)).toBe("it is no Mach-O file");
    expect(formatFault(new Uint8Array(100), inside, host)).toBe("it is no ELF file");
  });

  test("a macOS program is signed so that every byte is covered", () => {
    const file = machO("arm64", 3 * 4096 + 160);
    expect(readMachO(file)?.arch).toBe("arm64");
    expect(signatureFault(file)).toBe("the signature has no code directory");
    const signed = signAdHoc(file, "hearth");
    expect(signatureFault(signed)).toBeUndefined();
    expect(signAdHoc(signed, "hearth")).toEqual(signed);

    const changed = signed.slice();
    changed[2 * 4096 + 5] = 1;
    expect(signatureFault(changed)).toBe("page 2 differs from its hash in the signature");
    const longer = new Uint8Array(signed.length + 16);
    longer.set(signed);
    expect(signatureFault(longer)).toBe("the signature is not the end of the file");
    expect(signatureFault(new Uint8Array(200))).toBe("it has no signature");
    // The last segment has to end where the file does.
    const last = readMachO(signed)?.segments.at(-1);
    expect((last?.fileOffset ?? 0) + (last?.fileSize ?? 0)).toBe(signed.length);
  });
});

/** The smallest program: a header, two segments, and room for a signature at its end. */
function machO(arch: "arm64" | "x64", codeBytes: number): Uint8Array {
  const file = new Uint8Array(codeBytes + 32);
  const bytes = new DataView(file.buffer);
  bytes.setUint32(0, 0xfe_ed_fa_cf, true);
  bytes.setUint32(4, arch === "arm64" ? 0x1_00_00_0c : 0x1_00_00_07, true);
  bytes.setUint32(16, 3, true);
  segment(bytes, 32, "__TEXT", 0, 4096);
  segment(bytes, 104, "__LINKEDIT", 4096, codeBytes + 32 - 4096);
  [0x1d, 16, codeBytes, 32].forEach((word, index) => bytes.setUint32(176 + index * 4, word, true));
  return file;
}

function segment(bytes: DataView, at: number, name: string, offset: number, size: number): void {
  bytes.setUint32(at, 0x19, true);
  bytes.setUint32(at + 4, 72, true);
  new Uint8Array(bytes.buffer).set(new TextEncoder().encode(name), at + 8);
  bytes.setBigUint64(at + 40, BigInt(offset), true);
  bytes.setBigUint64(at + 48, BigInt(size), true);
}

describe("packages of other platforms", () => {
  let registry: ReturnType<typeof Bun.serve>;
  let tarball: Uint8Array<ArrayBuffer>;
  const project = join(place.home, "project");
  const integrityOf = (bytes: Uint8Array) => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;

  beforeAll(async () => {
    mkdirSync(project);
    const file = join(project, "thing.tgz");
    const files = [
      { path: "package.json", content: '{ "name": "thing", "version": "1.0.0" }' },
      { path: "bin/thing", content: "native" },
    ];
    await writeArchive(file, "package", files, new Date(0));
    tarball = new Uint8Array(readFileSync(file));
    registry = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        if (request.url.endsWith(".tgz")) return new Response(tarball);
        const dist = { tarball: new URL("thing.tgz", registry.url).href, integrity: integrityOf(tarball) };
        const versions = { "1.0.0": { name: "thing", version: "1.0.0", dist } };
        return Response.json({ name: "thing", "dist-tags": { latest: "1.0.0" }, versions });
      },
    });
    writeFileSync(join(project, ".npmrc"), `registry=${registry.url.href}\n`);
    writeFileSync(join(project, "package.json"), '{ "name": "project", "private": true }');
  });
  afterAll(() => registry.stop(true));

  const lock = (entry: object) =>
    writeFileSync(
      join(project, "package-lock.json"),
      JSON.stringify({ packages: { "node_modules/thing": entry } }),
    );

  test("come from npm's registry, and are kept once they were checked", async () => {
    lock({ version: "1.0.0", integrity: integrityOf(tarball) });
    const folder = await fetchLockedPackage(project, "thing");
    expect(readFileSync(join(folder, "bin/thing"), "utf8")).toBe("native");
    expect(await fetchLockedPackage(project, "thing")).toBe(folder);
  });

  test("that are not what was locked are refused, though the registry says so", async () => {
    lock({ version: "1.0.0", integrity: integrityOf(new Uint8Array(3)) });
    expect(fetchLockedPackage(project, "thing")).rejects.toThrow("thing 1.0.0 is not what was locked");
  });

  test("without a hash or an entry are not fetched", () => {
    lock({ version: "1.0.0" });
    expect(fetchLockedPackage(project, "thing")).rejects.toThrow("no integrity of thing");
    expect(fetchLockedPackage(project, "other")).rejects.toThrow("has no other");
  });
});
