import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { isGroup } from "../../src/cli/command.ts";
import { bashScript } from "../../src/cli/completions/bash.ts";
import { fishScript } from "../../src/cli/completions/fish.ts";
import { collectWords } from "../../src/cli/completions/words.ts";
import { zshScript } from "../../src/cli/completions/zsh.ts";
import { drawProgress, sizeText } from "../../src/cli/output/progress.ts";
import { durationText } from "../../src/cli/control/status-lines.ts";

const MAIN = join(import.meta.dir, "../../src/cli/main.ts");

function hearth(...args: string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

describe("the command line", () => {
  test("help is data when it was asked for, and words with exit code 2 when nothing was said", () => {
    const asked = hearth("--help");
    expect(asked).toMatchObject({ code: 0, err: "" });
    for (const name of Object.keys(COMMANDS)) expect(asked.out).toContain(`  ${name} `);
    expect(hearth()).toMatchObject({ code: 2, out: "" });
    expect(hearth("config")).toMatchObject({ code: 2, out: "" });
  });

  test("every command has a description, an example that begins with its name, and help", async () => {
    for (const { path, description } of await collectWords(COMMANDS)) {
      expect(description).not.toBe("");
      const command = (await COMMANDS[path[0] as string]?.())?.default;
      if (path.length === 1) expect(command?.examples.join("\n")).toContain(`hearth ${path[0]}`);
      if (command !== undefined && !isGroup(command)) expect(Object.keys(command.args)).toContain("help");
    }
    expect(hearth("help", "config", "show").out).toContain("USAGE hearth config show");
  });

  test.each([
    [["raed", "x"], '"raed" is not a command', "hearth read"],
    [["read", "x", "--foramt", "csv"], 'Unknown flag "--foramt"', "--format"],
    [["--json", "status"], "The flag --json stands before the command", "hearth COMMAND --json"],
    [["cat", "a.csv"], '"cat" is not a command', "`hearth read`"],
    [["ps"], '"ps" is not a command', "`hearth models list`"],
    [["a.csv"], '"a.csv" is not a command', "`hearth read a.csv`"],
    [["config", "shwo"], '"config shwo" is not a command', "hearth config show"],
    [["read"], "FILE is missing", "hearth read --help"],
    [["completions", "tcsh"], '"completions tcsh" is not a command', "hearth completions --help"],
    [["completions", "install", "tcsh"], 'shell can\'t be "tcsh"', "hearth completions --help"],
  ])("%j is wrong usage: exit code 2, in words on stderr", (args, message, hint) => {
    const { code, out, err } = hearth(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`hearth: ${message}`);
    expect(err).toContain(hint);
    expect(err).not.toContain("    at ");
  });

  test("config show tells what holds where nobody set anything", () => {
    const { code, out } = hearth("config", "show", "--no-config");
    expect(code).toBe(0);
    expect(out).toMatch(/^port +8765 +default$/m);
    expect(out).toMatch(/^idleTimeout +300 in the background, 0 in the foreground +default$/m);
    expect(out).toMatch(/^tokenFile +none +default$/m);
    expect(out).toMatch(/^roots +none +default$/m);
    const config = join(import.meta.dir, "../../.oxfmtrc.json"); // any file of its own gives a port of its own
    expect(hearth("config", "show", "--config", config).out).toMatch(
      /^port +2\d{4}, or the next free one +default$/m,
    );
  });

  test("--debug shows where an error came from", () => {
    expect(hearth("read", "--debug").err).toMatch(/HearthError: FILE is missing[\s\S]*at /);
  });

  test("whoever stops reading our output is no failure", () => {
    const done = spawnSync(
      "bash",
      ["-c", `"$0" "$1" completions zsh | head -1; echo \${PIPESTATUS[0]}`, process.execPath, MAIN],
      { encoding: "utf8" },
    );
    expect(done.stdout).toBe("#compdef hearth\n0\n");
    expect(done.stderr).toBe("");
  });
});

describe("completions", () => {
  function complete(...words: string[]): string[] {
    const folder = mkdtempSync(join(tmpdir(), "hearth-completions-"));
    try {
      writeFileSync(join(folder, "my data.csv"), "");
      const ask = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hearth; printf '%s\\n' "\${COMPREPLY[@]}"`;
      writeFileSync(join(folder, "script"), script);
      const done = spawnSync("bash", ["-c", ask, join(folder, "script"), ...words], {
        cwd: folder,
        encoding: "utf8",
      });
      expect(done.stderr).toBe("");
      return done.stdout.split("\n").filter((line) => line !== "");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  let script = "";

  test("bash offers commands, flags, values and files", async () => {
    script = bashScript(await collectWords(COMMANDS));
    expect(complete("hearth", "re")).toEqual(["read", "restart", "reload"]);
    expect(complete("hearth", "read", "--so")).toEqual(["--source", "--sort"]);
    expect(complete("hearth", "read", "--format", "p")).toEqual(["parquet"]);
    expect(complete("hearth", "read", "-f", "nd")).toEqual(["ndjson"]);
    expect(complete("hearth", "read", "my")).toEqual(["my data.csv"]);
    expect(complete("hearth", "config", "")).toEqual(["show", "path", "check", "schema"]);
    expect(complete("hearth", "config", "show", "--js")).toEqual(["--json"]);
    expect(complete("hearth", "serve", "--backg")).toEqual([]);
  });

  test("zsh and fish know every command and flag", async () => {
    const words = await collectWords(COMMANDS);
    for (const { flags } of words) {
      for (const { name } of flags) {
        expect(zshScript(words)).toContain(`--${name}`);
        expect(fishScript(words)).toContain(`-l ${name}`);
      }
    }
  });
});

describe("figures for people", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1500, "1.5 kB"],
    [2_000_000_000, "2.0 GB"],
  ])("%i bytes are %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));

  test.each([
    [4.23, "4.2 s"],
    [60, "1 min"],
    [3725, "1 h 2 min"],
    [90_000, "1 d 1 h"],
  ])("%f seconds are %s", (seconds, text) => expect(durationText(seconds)).toBe(text));

  test("progress shows itself only on long work, ten times a second at most, and leaves no trace", () => {
    let now = 0;
    const drawn: string[] = [];
    const progress = drawProgress(
      "Writing x",
      () => now,
      (text) => drawn.push(text),
    );
    for (; now <= 1000; now += 10) progress.add(1_000_000);
    progress.end();
    expect(drawn.length).toBeLessThanOrEqual(8);
    expect(drawn[0]).toContain("Writing x: 51.0 MB");
    expect(drawn.at(-1)).toBe("\r\u001b[K");
  });
});
