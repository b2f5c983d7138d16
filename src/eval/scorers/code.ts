import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Expectation } from "../suite.ts";
import { findSandbox } from "./sandbox.ts";
import type { Judged } from "./text.ts";

const LANGUAGES = {
  python: { file: "answer.py", command: ["python3", "answer.py"] },
  javascript: { file: "answer.mjs", command: ["node", "answer.mjs"] },
} as const;
const TIMEOUT_SECONDS = 10;
const MOST_OUTPUT = 64 * 1024;

/**
 * Runs the code of an answer, with the test behind it, shut in; it has to end well and print what is expected. Null where
 * there is nothing to shut it in.
 */
export async function scoreCode(
  { image, language, stdout, test, timeout = TIMEOUT_SECONDS }: Extract<Expectation, { type: "code" }>,
  answer: string,
  allowsUnsandboxed: boolean,
): Promise<Judged | { readonly value: null; readonly reason: string }> {
  const sandbox = await findSandbox(image, allowsUnsandboxed);
  if (sandbox === undefined) {
    return {
      value: null,
      reason:
        "not run: there is no bubblewrap, sandbox-exec or image here (--allow-unsandboxed runs it anyway)",
    };
  }
  const { command, file } = LANGUAGES[language];
  const folder = mkdtempSync(join(tmpdir(), "hearth-eval-"));
  try {
    writeFileSync(join(folder, file), `${codeIn(answer)}\n\n${test ?? ""}\n`);
    const cwd = folder;
    const ended = await execute(sandbox.wrap(command, folder), cwd, timeout);
    if (ended.isLate) return { value: 0, reason: `it ran for more than ${timeout} s` };
    if (ended.exitCode !== 0)
      return { value: 0, reason: `it failed: ${ended.stderr.trim().split("\n").at(-1) ?? ""}` };
    if (stdout !== undefined && ended.stdout.trim() !== stdout.trim()) {
      return {
        value: 0,
        reason: `it printed "${ended.stdout.trim().slice(0, 200)}", not "${stdout.trim()}"`,
      };
    }
    return { value: 1, reason: undefined };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What stands in the answer's fences; all of it where there are none. */
function codeIn(answer: string): string {
  const fences = [...answer.matchAll(/```[\w+-]*\s*\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");
  return fences.length === 0 ? answer : fences.join("\n");
}

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly isLate: boolean;
}

function execute(
  [program, ...args]: readonly [string, ...string[]],
  cwd: string,
  seconds: number,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let isLate = false;
    const said = { stdout: "", stderr: "" };
    const end = () => {
      try {
        // All that it started is of its group.
        process.kill(-(child.pid as number), "SIGKILL");
      } catch {
        // Gone already.
      }
    };
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, seconds * 1000);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk: Buffer) => {
        said[name] = (said[name] + chunk.toString()).slice(0, MOST_OUTPUT);
      });
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ exitCode: null, stdout: "", stderr: error.message, isLate });
    });
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      end();
      resolve({ exitCode, ...said, isLate });
    });
  });
}
