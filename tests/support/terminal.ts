import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { until } from "./until.ts";

/** Ends what a command printed: a byte that no command prints, and the exit code. */
const MARK = "\u001E";

/** Takes commands from a pipe, not from the terminal, so that the terminal shows only what they print. */
const LOOP = `
trap : INT
exec 9<>"$1"
while IFS= read -r -d '' -u 9 command; do
  eval "$command" 9<&-
  printf '${MARK}%s${MARK}' "$?"
done
`;

export interface Typed {
  readonly exitCode: number;
  /** What stood on the terminal then: standard output and standard error, in their order. */
  readonly shown: string;
}

/** A bash on a terminal of its own: variables, functions and the folder stay from one command to the next. */
export class Terminal implements AsyncDisposable {
  readonly #child: Bun.Subprocess;
  readonly #pipe: string;
  readonly #screen: { text: string };

  private constructor(child: Bun.Subprocess, pipe: string, screen: { text: string }) {
    this.#child = child;
    this.#pipe = pipe;
    this.#screen = screen;
  }

  /** @param folder for the pipe that commands come by */
  static async open(folder: string, cwd: string, env: Record<string, string>): Promise<Terminal> {
    const pipe = join(folder, "commands");
    await run(["mkfifo", pipe], { cwd, env });
    const screen = { text: "" };
    const decoder = new TextDecoder();
    const child = Bun.spawn(["bash", "--norc", "--noprofile", "-c", LOOP, "bash", pipe], {
      cwd,
      env,
      terminal: {
        cols: 250,
        rows: 50,
        data: (_terminal, data) => {
          screen.text += decoder.decode(data, { stream: true });
        },
      },
    });
    return new Terminal(child, pipe, screen);
  }

  /** @param stopAt Ctrl-C is pressed once this is shown */
  async type(command: string, stopAt?: RegExp): Promise<Typed> {
    appendFileSync(this.#pipe, `${command}\0`);
    if (stopAt !== undefined) {
      await until(`${command} shows ${stopAt}`, () => this.#has(MARK) || stopAt.test(this.#screen.text));
      if (!this.#has(MARK)) this.#child.terminal?.write("\u0003");
    }
    const ended = new RegExp(`^([^${MARK}]*)${MARK}(\\d+)${MARK}`);
    let found: RegExpExecArray | null = null;
    await until(`the end of ${command}`, () => (found = ended.exec(this.#screen.text)) !== null, 60_000);
    const [whole, shown = "", exitCode] = found as unknown as RegExpExecArray;
    this.#screen.text = this.#screen.text.slice(whole.length);
    return { exitCode: Number(exitCode), shown: lasting(shown) };
  }

  #has(text: string): boolean {
    return this.#screen.text.includes(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#child.terminal?.close();
  }
}

/** What still stands there at the end: a progress bar is written over. */
function lasting(shown: string): string {
  const lines = shown.replaceAll("\r\n", "\n").replaceAll(/.*\r(?:\u001B\[K)?/g, "");
  return lines.replace(/\n$/, "");
}
