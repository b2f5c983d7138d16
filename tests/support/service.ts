import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Machine } from "./machine.ts";
import { PROJECT, type Target } from "./targets.ts";

/** A machine whose `systemctl` is a small stand-in: most places where tests run have no user manager. */
export interface ServiceMachine {
  readonly machine: Machine;
  /** Where the user's units lie. */
  readonly units: string;
  /** The units that are there, by name. */
  installed(): string[];
  /** What systemctl was called with, a line a call; `forget` begins anew. */
  calls(): string[];
  forget(): void;
  /** Lets it behave: "offline" (no manager), "refuse" (the port is taken), "failed-UNIT". */
  set(mark: string): void;
  unset(mark: string): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function serviceMachine(
  target: Target,
  env: Record<string, string> = {},
): Promise<ServiceMachine> {
  const machine = await Machine.create(target, env);
  const { place } = machine;
  const tools = join(place.home, "tools");
  const state = join(place.home, "fake-systemd");
  for (const folder of [tools, state]) mkdirSync(folder);
  copyFileSync(join(PROJECT, "tests/fixtures/service/systemctl"), join(tools, "systemctl"));
  Object.assign(place.env, { PATH: `${tools}:${place.env["PATH"]}`, FAKE_SYSTEMD: state });
  const units = join(place.home, ".config/systemd/user");
  const log = join(state, "calls");
  return {
    machine,
    units,
    installed: () => (existsSync(units) ? readdirSync(units).toSorted() : []),
    calls: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").filter(Boolean) : []),
    forget: () => writeFileSync(log, ""),
    set: (mark) => writeFileSync(join(state, mark), ""),
    unset: (mark) => rmSync(join(state, mark)),
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}

/** The values of a key in a unit, in order. */
export function unitValues(text: string, key: string): string[] {
  const lines = text.split("\n").filter((line) => line.startsWith(`${key}=`));
  return lines.map((line) => line.slice(key.length + 1));
}

/**
 * The words of a line as systemd takes them: quotes and escapes of systemd.syntax(7), "%%" for "%"; in commands "$$" for "$".
 * Fails for what would mean something else than itself.
 */
export function unitWords(line: string, isCommand = true): string[] {
  const words = [...line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined
      ? (plain as string)
      : quoted.replace(/\\(.)/g, (_, sign: string) => ESCAPES[sign] ?? sign),
  );
  return words.map((word) => {
    const rest = word.replaceAll("%%", "").replaceAll("$$", "");
    if (rest.includes("%") || (isCommand && rest.includes("$"))) throw new Error(`not itself: ${word}`);
    const text = word.replaceAll("%%", "%");
    return isCommand ? text.replaceAll("$$", "$") : text;
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** The variables of a unit. */
export function unitEnvironment(text: string): Record<string, string> {
  const words = unitValues(text, "Environment").flatMap((line) => unitWords(line, false));
  return Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
  );
}
