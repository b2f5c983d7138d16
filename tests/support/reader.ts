import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isGone, processesWith, signal } from "./machine.ts";
import { compareOutput } from "./page-output.ts";
import type { Command } from "./pages.ts";
import { createPlace, type Place } from "./place.ts";
import { freePort } from "./ports.ts";
import { hearthCommand, PROJECT } from "./targets.ts";
import { Terminal } from "./terminal.ts";
import { until } from "./until.ts";
import { upstreamCommand } from "./upstream.ts";

/** Ports that pages speak of: each is a free one here. */
const PORTS = ["8765", "9000", "3000", "18799"];
/** Programs that serve models: the scripted upstream stands for all of them. */
const MODEL_SERVERS = ["llama-server", "mlx_lm.server", "vllm", "whisper-server"];
const UUID = /\b([0-9a-f]{4})[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/;

/** Commands that go on until somebody stops them, and what they show once they run. */
const GO_ON: readonly (readonly [RegExp, RegExp])[] = [
  [/^(?:[A-Z_]+=\S+ )*hearth serve\b/, /listens/],
  [/^hearth logs\b.* -f\b/, /\n/],
];

/** What is wrong with a command of a page. */
export interface Mismatch {
  readonly command: string;
  readonly exitCode: number;
  readonly shown: string;
  readonly printed: string;
}

/**
 * Somebody who types what a page shows: with a home folder of their own, in which a clone lies (`hearth`) and a project
 * (`project`), at one terminal. Disposing of it ends every process that was started from there.
 */
export class Reader implements AsyncDisposable {
  readonly #place: Place;
  readonly #terminal: Terminal;
  /** What a page says, and what it is here. */
  readonly #names: Map<string, string>;

  private constructor(place: Place, terminal: Terminal, names: Map<string, string>) {
    this.#place = place;
    this.#terminal = terminal;
    this.#names = names;
  }

  /**
   * @param folder where they stand, from the home folder
   * @param fixtures a folder whose files lie there
   * @param python what `python` is to them
   */
  static async open(folder: string, fixtures?: string, python?: string): Promise<Reader> {
    const place = createPlace();
    const names = new Map<string, string>();
    for (const port of PORTS) names.set(port, await otherPort([...names.values()]));
    const bin = join(dirname(place.home), "bin");
    mkdirSync(bin);
    symlinkSync(hearthCommand("binary")[0] as string, join(bin, "hearth"));
    for (const name of MODEL_SERVERS) {
      const script = `[ -f ~/answers.json ] && set -- "$@" --answers ~/answers.json\nexec ${upstreamCommand().split(" --port")[0]} "$@"`;
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    if (python !== undefined) {
      writeFileSync(join(bin, "python"), `#!/bin/sh\nexec ${python} "$@"\n`, { mode: 0o755 });
    }
    const clone = join(place.home, "hearth");
    for (const made of [clone, join(place.home, "project"), join(place.home, ".local/bin")]) {
      mkdirSync(made, { recursive: true });
    }
    cpSync(join(PROJECT, "examples"), join(clone, "examples"), { recursive: true });
    for (const part of ["src", "routes", "node_modules", "package.json", "dist"]) {
      symlinkSync(join(PROJECT, part), join(clone, part));
    }
    const cwd = join(place.home, folder);
    if (fixtures !== undefined) cpSync(fixtures, cwd, { recursive: true });
    const { HEARTH_STATE_DIR: _, ...rest } = place.env;
    const env = {
      ...rest,
      PATH: `${bin}:${rest["PATH"]}`,
      HEARTH_PORT: names.get("8765") as string,
      TERM: "xterm",
      BROWSER: "true",
    };
    const terminal = await Terminal.open(dirname(place.home), cwd, env);
    return new Reader(place, terminal, names);
  }

  /** Writes a file of the page where the reader stands. */
  async write(name: string, text: string): Promise<void> {
    const { shown } = await this.#terminal.type("pwd");
    // A project's config makes a server with an address of its own, unless a variable says another.
    if (name === "hearth.yaml") await this.prepare("unset HEARTH_PORT");
    const path = join(shown, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.#toHere(text));
  }

  /** Does what the page doesn't show. */
  async prepare(script: string): Promise<void> {
    const { exitCode, shown } = await this.#terminal.type(this.#toHere(script));
    if (exitCode !== 0) throw new Error(`${script}\nended with ${exitCode}:\n${shown}`);
  }

  /** Types a command; undefined when it did what the page shows. */
  async follow({ text, output }: Command): Promise<Mismatch | undefined> {
    const [, stopAt] = GO_ON.find(([start]) => start.test(text)) ?? [];
    const typed = await this.#terminal.type(this.#toHere(text), stopAt);
    const printed = this.#toPage(typed.shown);
    if (output !== undefined) this.#learn(output, typed.shown);
    const { exitCode } = typed;
    const isExpected = stopAt !== undefined || (exitCode !== 0) === isFailure(output);
    const different = output === undefined ? undefined : compareOutput(output, printed);
    if (isExpected && different === undefined) return undefined;
    return { command: text, exitCode, shown: output ?? "", printed, ...different };
  }

  /** Later commands speak of the session by the id that was printed. */
  #learn(output: string, printed: string): void {
    const [shown, shownStart] = UUID.exec(output) ?? [];
    const [real, realStart] = UUID.exec(printed) ?? [];
    if (shown === undefined || shownStart === undefined || real === undefined || realStart === undefined)
      return;
    this.#names.set(shown, real);
    this.#names.set(shownStart, realStart);
  }

  #toHere(text: string): string {
    return replaceWords(text, this.#names);
  }

  #toPage(text: string): string {
    const ports = new Map([...this.#names].map(([shown, real]) => [real, shown]));
    const { home, env } = this.#place;
    const atHome = text
      .replaceAll(home, "/home/you")
      .replaceAll(env["HEARTH_CACHE_DIR"] ?? home, "/home/you/.cache/hearth");
    return replaceWords(atHome, ports);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#terminal[Symbol.asyncDispose]();
    const pids = processesWith(`HOME=${this.#place.home}`);
    for (const pid of pids) signal(pid, "SIGKILL");
    await until("what the page started is gone", () => pids.every(isGone));
    this.#place.remove();
  }
}

/** A command fails, in a page, when it shows an error or that nothing runs. */
function isFailure(output = ""): boolean {
  return /^(?:hearth: |No server runs)/m.test(output);
}

function replaceWords(text: string, names: ReadonlyMap<string, string>): string {
  const words = [...names.keys()].toSorted((a, b) => b.length - a.length);
  return text.replaceAll(new RegExp(`\\b(?:${words.join("|")})\\b`, "g"), (word) => names.get(word) ?? word);
}

/** A free port that is none of those: one that was given back may be given again. */
async function otherPort(taken: readonly string[]): Promise<string> {
  for (;;) {
    const port = String(await freePort());
    if (!taken.includes(port)) return port;
  }
}
