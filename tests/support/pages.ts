import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./targets.ts";

/** A fenced block of a page. */
export interface Block {
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The file that a first line such as `# hearth.yaml` or `// functions.ts` says it is. */
  readonly file: string | undefined;
  readonly commands: readonly Command[];
}

/** A command of a page, as its reader would type it. */
export interface Command {
  readonly line: number;
  readonly text: string;
  /** What the page shows below it; undefined where it shows nothing. */
  readonly output: string | undefined;
}

/** README.md and every page below docs/, by path from the project's folder. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync(join(PROJECT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .toSorted(),
];

export function readPage(name: string): string {
  return readFileSync(join(PROJECT, name), "utf8");
}

/** The fenced blocks of a page, in their order. */
export function readBlocks(name: string): Block[] {
  const blocks: Block[] = [];
  const lines = readPage(name).split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, indent, language] = /^( *)```([a-z]+)$/.exec(lines[at] ?? "") ?? [];
    if (indent === undefined || language === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, at);
    const body = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
    blocks.push(readBlock(language, body, at + 2));
    at = end;
  }
  return blocks;
}

function readBlock(language: string, lines: readonly string[], line: number): Block {
  const file = /^(?:#|\/\/) ([\w./-]+)$/.exec(lines[0] ?? "")?.[1];
  const commands = language === "console" ? typed(lines, line) : language === "sh" ? script(lines, line) : [];
  return { line, language, text: `${lines.join("\n")}\n`, file, commands };
}

/** Commands behind `$ `, each with what is shown until the next. */
function typed(lines: readonly string[], first: number): Command[] {
  const commands: Command[] = [];
  for (let at = 0; at < lines.length;) {
    const line = first + at;
    const start = lines[at] ?? "";
    if (!start.startsWith("$ ")) throw new Error(`line ${line} shows output of no command: ${start}`);
    const size = lengthOf(lines, at);
    const text = [start.slice(2), ...lines.slice(at + 1, at + size)].join("\n");
    at += size;
    const shown: string[] = [];
    while (at < lines.length && !lines[at]?.startsWith("$ ")) shown.push(lines[at++] ?? "");
    commands.push({ line, text, output: shown.length > 0 ? shown.join("\n") : undefined });
  }
  return commands;
}

/** Lines of a script, each a command. */
function script(lines: readonly string[], first: number): Command[] {
  const commands: Command[] = [];
  for (let at = 0; at < lines.length;) {
    const size = lengthOf(lines, at);
    const text = lines.slice(at, at + size).join("\n");
    if (!/^\s*(?:#|$)/.test(text)) commands.push({ line: first + at, text, output: undefined });
    at += size;
  }
  return commands;
}

/** How many lines the command has that begins there: those in open quotes and behind a backslash belong to it. */
function lengthOf(lines: readonly string[], at: number): number {
  let size = 1;
  while (at + size < lines.length && !isWhole(lines.slice(at, at + size).join("\n"))) size += 1;
  return size;
}

function isWhole(text: string): boolean {
  const rest = text.replaceAll(/'[^']*'|"(?:\\[^]|[^"\\])*"|\\./g, "");
  return !/['"]/.test(rest.replace(/ #.*$/, "")) && !rest.endsWith("\\");
}
