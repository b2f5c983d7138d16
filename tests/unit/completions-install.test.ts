import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { completionScript, type Shell, SHELLS } from "../../src/cli/completions/scripts.ts";
import { createPlace } from "../support/place.ts";
import { PROJECT } from "../support/targets.ts";

const MAIN = join(PROJECT, "src/cli/main.ts");
const LOADER = "/usr/share/bash-completion/bash_completion";
const place = createPlace();
const FILES: Record<Shell, string> = {
  bash: join(place.home, ".local/share/bash-completion/completions/hearth"),
  zsh: join(place.home, ".local/share/zsh/site-functions/_hearth"),
  fish: join(place.home, ".config/fish/completions/hearth.fish"),
};

beforeEach(() => {
  rmSync(place.home, { recursive: true, force: true });
  mkdirSync(place.home);
});
afterAll(() => place.remove());

function install(args: readonly string[] = [], env: Record<string, string> = {}) {
  const command = [MAIN, "completions", "install", ...args];
  const done = spawnSync(process.execPath, command, { encoding: "utf8", env: { ...place.env, ...env } });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function has(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

describe.each(SHELLS)("for %s", (shell) => {
  const file = FILES[shell];

  test("the file lands where the shell looks, once; it is renewed, and removed again", async () => {
    const script = await completionScript(shell);
    const env = { SHELL: `/usr/bin/${shell}` };
    expect(install([], env)).toMatchObject({
      code: 0,
      out: "",
      err: expect.stringContaining(`were put into ${file}`),
    });
    expect(readFileSync(file, "utf8")).toBe(script);
    const before = lstatSync(file, { bigint: true });
    expect(install([], env).err).toContain(`are in ${file} already`);
    expect(lstatSync(file, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });

    writeFileSync(file, script.replace("read", "raed"));
    expect(install([shell]).err).toContain(`were renewed in ${file}`);
    expect(readFileSync(file, "utf8")).toBe(script);
    expect(readdirSync(dirname(file))).toHaveLength(1);

    expect(install([shell, "--uninstall"]).err).toContain(`were removed: ${file}`);
    expect(readdirSync(dirname(file))).toEqual([]);
    expect(install([shell, "--uninstall"])).toMatchObject({
      code: 0,
      err: expect.stringContaining("were not there"),
    });
  });

  test("trying changes nothing", () => {
    expect(install([shell, "--dry-run"])).toMatchObject({
      code: 0,
      err: expect.stringContaining(`Only tried`),
    });
    expect(existsSync(file)).toBe(false);
    expect(existsSync(dirname(file))).toBe(false);
    install([shell]);
    install([shell, "--uninstall", "--dry-run"]);
    expect(readdirSync(dirname(file))).toHaveLength(1);
  });

  test("programs are told the same as JSON", () => {
    const { out } = install([shell, "--json"]);
    expect(JSON.parse(out)).toMatchObject({ shell, file, change: "installed", isDryRun: false });
  });

  test("somebody else's file stays", () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "# my own\n");
    for (const flags of [[], ["--uninstall"]]) {
      const { code, err } = install([shell, ...flags]);
      expect(code).toBe(1);
      expect(err).toContain(`${file} is a completion file of somebody else's`);
    }
    expect(readFileSync(file, "utf8")).toBe("# my own\n");
  });

  test("a link stays one; what it leads to is replaced", async () => {
    const real = join(place.home, "dotfiles", shell);
    mkdirSync(dirname(real));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(real, (await completionScript(shell)).replace("read", "raed"));
    symlinkSync(real, file);
    install([shell]);
    expect(realpathSync(file)).toBe(real);
    expect(readFileSync(real, "utf8")).toBe(await completionScript(shell));
  });
});

test("XDG's folders are honoured", () => {
  const data = join(place.home, "data");
  const config = join(place.home, "config");
  const env = { XDG_DATA_HOME: data, XDG_CONFIG_HOME: config };
  const files = SHELLS.map(
    (shell) => (JSON.parse(install([shell, "--json"], env).out) as { file: string }).file,
  );
  expect(files).toEqual([
    join(data, "bash-completion/completions/hearth"),
    join(data, "zsh/site-functions/_hearth"),
    join(config, "fish/completions/hearth.fish"),
  ]);
});

test.each([
  [{ SHELL: "/bin/tcsh" }, "SHELL tells tcsh"],
  [{}, "SHELL is not set"],
])("a shell that is not told is asked for: %j", (env, message) => {
  const { code, err } = install([], env as Record<string, string>);
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(err).toContain("hearth completions install bash|zsh|fish");
});

test("zsh's line for fpath is told until .zshrc has it, in whatever form", () => {
  const folder = dirname(FILES.zsh);
  expect(install(["zsh"]).err).toContain(`${join(place.home, ".zshrc")} (`);
  expect(install(["zsh"]).err).toContain(`fpath=(${folder} $fpath)`);
  writeFileSync(join(place.home, ".zshrc"), "fpath=(~/.local/share/zsh/site-functions $fpath)\n");
  expect(install(["zsh"]).err).not.toContain("fpath");
  rmSync(join(place.home, ".zshrc"));
  expect(install(["zsh"], { FPATH: `/usr/share/zsh/functions:${folder}` }).err).not.toContain("fpath=");
});

/** A folder with a `hearth` on PATH, which the shells want before they complete it. */
function withCommand(): Record<string, string> {
  const bin = join(place.home, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "hearth"), "#!/bin/sh\n", { mode: 0o755 });
  return { ...place.env, PATH: `${bin}:${place.env["PATH"]}` };
}

test("bash loads the file by the line that is told, and completes", () => {
  install(["bash"]);
  const ask = `source ${FILES.bash}; COMP_WORDS=(hearth re); COMP_CWORD=1; _hearth; echo "\${COMPREPLY[@]}"; complete -p hearth`;
  const done = spawnSync("bash", ["--norc", "-c", ask], { encoding: "utf8", env: withCommand() });
  expect(done.stdout).toBe("read restart reload\ncomplete -o filenames -F _hearth hearth\n");
});

test.skipIf(spawnSync("test", ["-e", LOADER]).status !== 0)(
  "bash-completion finds the file by itself",
  () => {
    install(["bash"]);
    const ask = `source ${LOADER}; _completion_loader hearth; complete -p hearth`;
    const done = spawnSync("bash", ["--norc", "-c", ask], { encoding: "utf8", env: withCommand() });
    expect(done.stdout).toBe("complete -o filenames -F _hearth hearth\n");
  },
);

test.skipIf(!has("zsh"))("zsh loads the file with the line that is told, and completes", () => {
  const { missing } = JSON.parse(install(["zsh", "--json"]).out) as {
    missing: { file: string; line: string };
  };
  writeFileSync(missing.file, `${missing.line}\nautoload -Uz compinit\ncompinit -u -d "$HOME/dump"\n`);
  const ask = `source ~/.zshrc; print -r -- $_comps[hearth]; autoload +X _hearth && print -r -- loaded`;
  const done = spawnSync("zsh", ["-f", "-c", ask], { encoding: "utf8", env: withCommand() });
  expect({ out: done.stdout, err: done.stderr }).toEqual({ out: "_hearth\nloaded\n", err: "" });
});

test.skipIf(!has("fish"))("fish finds the file by itself, and completes", () => {
  install(["fish"]);
  const ask = "complete --do-complete 'hearth completions in'; complete --do-complete 'hearth upg'";
  const done = spawnSync("fish", ["-c", ask], { encoding: "utf8", env: withCommand() });
  const words = done.stdout
    .trim()
    .split("\n")
    .map((line) => line.split("\t")[0]);
  expect(words).toEqual(["install", "upgrade"]);
});
