import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ENDPOINTS } from "../../routes/endpoints.ts";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { isGroup } from "../../src/cli/command.ts";
import { OPERATIONS } from "../../src/compute/operations/index.ts";
import { parseConfig } from "../../src/config/file.ts";
import { PLACE_VARIABLES, SETTING_KEYS } from "../../src/config/keys.ts";
import { READERS, SOURCE_TYPES } from "../../src/data/readers/index.ts";
import { WRITERS } from "../../src/data/writers/index.ts";
import { METRICS } from "../../src/metrics/catalog.ts";
import { readModels } from "../../src/models/config/read-models.ts";
import { ModelEntry } from "../../src/models/config/schema.ts";
import { type FaultCode, HearthError, isFaultCode } from "../../src/errors.ts";

const PROJECT = resolve(import.meta.dir, "../..");
const DOCS = readdirSync(join(PROJECT, "docs"), { recursive: true, encoding: "utf8" });
const PAGES = ["README.md", ...DOCS.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];

function page(name: string): string {
  return readFileSync(join(PROJECT, name), "utf8");
}

/** The cells of every table row of a page. */
function tableRows(name: string): string[][] {
  const lines = page(name)
    .split("\n")
    .filter((line) => line.startsWith("|"));
  return lines.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

function hasRow(name: string, ...cells: readonly string[]): boolean {
  return tableRows(name).some((row) => cells.every((cell) => row.includes(cell)));
}

test("every setting is in configuration.md with its flag and its variable", () => {
  const absent = SETTING_KEYS.filter(({ key, flag, env }) => {
    const shownFlag = flag === undefined ? "none" : `\`--${flag}\``;
    return !hasRow("docs/configuration.md", `\`${key}\``, shownFlag, `\`${env}\``);
  });
  expect(absent.map(({ key }) => key)).toEqual([]);
  for (const { env } of Object.values(PLACE_VARIABLES)) {
    expect(hasRow("docs/configuration.md", `\`${env}\``)).toBe(true);
  }
});

test("every error code is in api.md with its status and class, and no other", () => {
  const codes = [...page("src/errors.ts").matchAll(/^ {2}"?([a-z-]+)"?: \{ status: /gm)].map(
    ([, code]) => code,
  );
  expect(codes.length).toBeGreaterThan(40);
  const absent = codes.filter((code) => {
    if (!isFaultCode(code)) return true;
    const { status, errorType } = new HearthError(code, "");
    return !hasRow("docs/api.md", `\`${code}\``, String(status), errorType);
  });
  expect(absent).toEqual([]);
  const errors = page("docs/api.md").slice(page("docs/api.md").indexOf("## Errors"));
  const shown = [...errors.matchAll(/^\| `([a-z-]+)` /gm)].map(([, code]) => code as FaultCode);
  expect(shown.toSorted()).toEqual((codes as FaultCode[]).toSorted());
});

test("every endpoint is in api.md, by each of its methods", () => {
  const absent = ENDPOINTS.filter(({ method, path }) => {
    const rows = tableRows("docs/api.md").map((row) => row[1] ?? "");
    return !rows.some((cell) => new RegExp(`\\b${method.toUpperCase()}\\b.* ${path}\``).test(cell));
  });
  expect(absent.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});

test("api.md tells the right of every endpoint as the table has it", () => {
  const wrong = ENDPOINTS.filter(({ isOpenWithoutKeys, method, path, right }) => {
    const rows = tableRows("docs/api.md").filter((row) =>
      new RegExp(`\\b${method.toUpperCase()}\\b[^\`]* ${RegExp.escape(path)}\``).test(row[1] ?? ""),
    );
    const told = `\`${right}\`${isOpenWithoutKeys ? ", `guest` without keys" : ""}`;
    return !rows.some((row) => row[3] === told || row[3]?.startsWith(`${told};`));
  });
  expect(wrong.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});

test("every metric is in monitoring.md, with its type, its labels and what it is", () => {
  const absent = Object.entries(METRICS).filter(([name, { kind, labels, help }]) => {
    const words = labels.map((label) => `\`${label}\``);
    return !hasRow("docs/monitoring.md", `\`${name}\``, kind, words.join(", ") || "none", help);
  });
  expect(absent.map(([name]) => name)).toEqual([]);
});

test("every command is in cli.md, with every flag of its own", async () => {
  const text = page("docs/cli.md");
  for (const [name, load] of Object.entries(COMMANDS)) {
    expect(text).toContain(`## ${name}\n`);
    const command = (await load()).default;
    if (isGroup(command)) {
      for (const word of Object.keys(command.commands)) expect(text).toContain(`hearth ${name} ${word}`);
      continue;
    }
    const settings = new Set(SETTING_KEYS.map(({ flag }) => flag as string | undefined));
    const flags = Object.entries(command.args).flatMap(([flag, def]) => {
      const isShown = def.type !== "positional" && def.hidden !== true && !settings.has(flag);
      return isShown ? [flag] : [];
    });
    const absent = flags.filter((flag) => !text.includes(`--${flag}`));
    expect({ name, absent }).toEqual({ name, absent: [] });
  }
});

test("every operation is in compute.md, with its parameters", () => {
  for (const { name, parameters } of OPERATIONS) {
    const words = Object.keys(parameters).map((parameter) => `\`${parameter}\``);
    const shown = words.length === 0 ? "none" : words.join(", ");
    expect({ name, isThere: hasRow("docs/compute.md", `\`${name}\``, shown) }).toEqual({
      name,
      isThere: true,
    });
    expect(page("docs/compute.md")).toContain(`## ${name}\n`);
  }
});

test("every type is in formats.md, with what can be done with it, its extensions and parameters", async () => {
  const text = page("docs/formats.md");
  for (const type of SOURCE_TYPES) expect(hasRow("docs/formats.md", `\`${type}\``)).toBe(true);
  for (const registry of [READERS, WRITERS]) {
    for (const type of registry.types) {
      const found = await registry.get(type);
      if (found === undefined) throw new Error(`${type} can't be loaded`);
      const written = [type, ...found.extensions, ...found.parameters];
      expect(written.filter((word) => !text.includes(`\`${word}\``))).toEqual([]);
    }
  }
});

test.each(PAGES)("the links of %s lead somewhere", (name) => {
  const links = [...page(name).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link as string);
  const broken = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(name, link));
  expect(broken).toEqual([]);
});

test("the index leads to every page", () => {
  const links = [...page("docs/README.md").matchAll(/\]\(([^)#\s]+)/g)].map(([, link]) =>
    join("docs", link as string),
  );
  expect(
    PAGES.filter((name) => name.startsWith("docs/") && name !== "docs/README.md" && !links.includes(name)),
  ).toEqual([]);
});

function leadsSomewhere(from: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? from : join(dirname(from), path);
  if (!existsSync(join(PROJECT, file))) return false;
  return anchor === undefined || headings(file).includes(anchor);
}

function headings(name: string): string[] {
  const titles = [...page(name).matchAll(/^#+ (.+)$/gm)].map(([, title]) => title as string);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("nobody is told to run somebody else's package", () => {
  for (const name of PAGES) expect(page(name)).not.toMatch(/npx +(?:--?\S+ +)*hearth\b/);
});

test("the first commands of the README are the two of a fresh clone, each a line", () => {
  const block = /```sh\n([^]*?)```/.exec(page("README.md"))?.[1] ?? "";
  const commands = block.trim().split("\n");
  expect(commands.map((line) => line.replace(/ *#.*/, ""))).toEqual([
    "npm ci && npm run demo",
    "npm ci && npm test",
  ]);
});

describe("the configs of models.md", () => {
  const blocks = [...page("docs/models.md").matchAll(/```yaml\n([^]*?)```/g)].map(
    ([, block]) => block as string,
  );
  const [first = "", ...others] = blocks;
  const env = { HOME: "/home/you", TEAM_KEY: "a", GUEST_KEY: "b", ADMIN_KEY: "c", OPENROUTER_API_KEY: "d" };

  test("there are some", () => expect(others.length).toBeGreaterThan(3));
  test.each(blocks)("can be used: %s", (block) => {
    // Parts of a config speak of the models of the first one.
    const { models, problems, warnings } = parseConfig(
      block === first ? block : `${first}\n${block}`,
      "hearth.yaml",
    );
    expect([problems, warnings]).toEqual([[], []]);
    const read = readModels({ own: models, user: undefined }, env);
    expect(read.warnings).toEqual([]);
    expect([...read.config.models.keys()]).toEqual(["qwen", "coder", "large", "whisper"]);
  });

  test("every key of a model is in its table", () => {
    const keys = Object.keys(ModelEntry.entries).filter((key) => key !== "compat");
    expect(
      keys.filter((key) => !tableRows("docs/models.md").some((row) => row[1]?.includes(`\`${key}\``))),
    ).toEqual([]);
  });
});
