import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { collectWords } from "../../src/cli/completions/words.ts";
import { manPage } from "../../src/cli/man/page.ts";
import { escapeText, prose, verbatim } from "../../src/cli/man/roff.ts";
import { PLACE_VARIABLES, SETTING_KEYS } from "../../src/config/keys.ts";
import { VERSION } from "../../src/version.ts";

const page = await manPage(COMMANDS);

/** The lines from the heading of a command to the next. */
function partOf(name: string): string {
  const found = page
    .split(/^\.S[HS] /m)
    .find((part) => part.startsWith(`"${escapeText(name)}"`) || part.startsWith(`"${escapeText(name)} `));
  if (found === undefined) throw new Error(`${name} has no part`);
  return found;
}

test("every command has a part with its description, flags, and their values", async () => {
  for (const { path, description, flags, children } of await collectWords(COMMANDS)) {
    if (children.length > 0) continue;
    const part = partOf(["hearth", ...path].join(" "));
    expect(part).toContain(prose(`${description}.`));
    const own = flags.filter(({ name }) => !["json", "quiet", "debug", "help"].includes(name));
    for (const { name, alias } of own) {
      expect(part).toContain(`\\fB${escapeText(`--${name}`)}\\fR`);
      if (alias !== undefined) expect(part).toContain(`\\fB${escapeText(`-${alias}`)}\\fR`);
    }
  }
});

test("every variable is in it, and the exit codes, the files, the version", () => {
  for (const { env } of [...SETTING_KEYS, ...Object.values(PLACE_VARIABLES)]) {
    expect(page).toContain(`.TP\n\\fB${env}\\fR\n`);
  }
  for (const code of [0, 1, 2, 3]) expect(page).toContain(`.TP\n\\fB${code}\\fR\n`);
  expect(page).toContain(escapeText("~/.local/state/hearth/"));
  expect(page.split("\n")[0]).toBe(`.TH HEARTH 1 "" "hearth ${VERSION}" "User Commands"`);
});

test("only known requests begin a line, and nothing beyond ASCII is in it", () => {
  const requests = new Set(page.split("\n").flatMap((line) => /^[.']\S*/.exec(line)?.[0] ?? []));
  const known = [".TH", ".SH", ".SS", ".TP", ".PP", ".RS", ".RE", ".nf", ".fi", ".nh", ".ad"];
  expect([...requests].filter((request) => !known.includes(request))).toEqual([]);
  // oxlint-disable-next-line no-control-regex
  expect(page).toMatch(/^[\n -~]*$/);
});

test("text stays what it is: dots and quotes at the beginning of lines, backslashes, hyphens, other alphabets", () => {
  const lines = [".hidden 'x'", "'quoted' \\n --all", "a ~ b ^ c `d`", "Zürich → 東京"];
  expect(verbatim(lines).split("\n").slice(3, -2)).toEqual([
    "\\&.hidden \\(aqx\\(aq",
    "\\(aqquoted\\(aq \\en \\-\\-all",
    "a \\(ti b \\(ha c \\(gad\\(ga",
    "Z\\[u00FC]rich \\[u2192] \\[u6771]\\[u4EAC]",
  ]);
});

const hasGroff = spawnSync("groff", ["--version"]).status === 0;
const hasMan = spawnSync("man", ["--version"]).status === 0;

test.skipIf(!hasGroff)("groff finds nothing to complain about", () => {
  const done = spawnSync("groff", ["-man", "-ww", "-z", "-Tutf8"], { input: page, encoding: "utf8" });
  expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: "" });
});

test.skipIf(!hasMan)("man shows it as it was written", () => {
  const env = { ...process.env, MANWIDTH: "200", LC_ALL: "C.UTF-8", MANPAGER: "cat", GROFF_NO_SGR: "1" };
  const done = spawnSync("man", ["--warnings=all", "-l", "-"], { input: page, encoding: "utf8", env });
  // Bold is printed over itself.
  const shown = done.stdout.replaceAll(/.\u0008/g, "");
  expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: "" });
  expect(shown).toContain("hearth read FILE");
  expect(shown).toContain("-t, --type TYPE");
  expect(shown).toContain('hearth read cities.csv --where "population > 1e6" --sort -population --limit 10');
});
