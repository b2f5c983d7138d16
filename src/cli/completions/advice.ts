import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "../../config/folders.ts";
import { homeOf } from "./place.ts";
import type { Shell } from "./scripts.ts";

/** Where the package bash-completion puts what loads completions when they are needed. */
const LOADERS = [
  "/usr/share/bash-completion/bash_completion",
  "/usr/local/share/bash-completion/bash_completion",
  "/opt/homebrew/etc/profile.d/bash_completion.sh",
  "/usr/local/etc/profile.d/bash_completion.sh",
  "/run/current-system/sw/share/bash-completion/bash_completion",
];

/** A line that somebody has to write so that a shell loads the file. */
export interface Advice {
  /** Into this file. */
  readonly file: string;
  readonly line: string;
  readonly reason: string;
}

/**
 * What is still missing until a shell loads an installed file; undefined: nothing. Looks into the shell's own start file, as
 * a text: starting the shell to ask it would run whatever stands there.
 */
export function missingLine(shell: Shell, path: string, env: Environment): Advice | undefined {
  if (shell === "fish") return undefined;
  return shell === "zsh" ? zshLine(dirname(path), env) : bashLine(path, env);
}

function zshLine(folder: string, env: Environment): Advice | undefined {
  const file = join(env["ZDOTDIR"] || homeOf(env), ".zshrc");
  const inPath = (env["FPATH"] ?? "").split(":").includes(folder);
  if (inPath || mentions(file, folder, env)) return undefined;
  const line = `fpath=(${wordOf(folder)} $fpath)`;
  return { file, line, reason: "zsh looks there only when its fpath has the folder; before compinit" };
}

function bashLine(path: string, env: Environment): Advice | undefined {
  const file = join(homeOf(env), ".bashrc");
  if (LOADERS.some((loader) => existsSync(loader)) || mentions(file, path, env)) return undefined;
  return {
    file,
    line: `source ${wordOf(path)}`,
    reason: "bash looks there by itself only with the package bash-completion",
  };
}

/** True when a start file names the path, written out or from the home folder on. */
function mentions(file: string, path: string, env: Environment): boolean {
  if (!existsSync(file)) return false;
  const text = readFileSync(file, "utf8");
  const home = homeOf(env);
  const rest = path.startsWith(`${home}/`) ? path.slice(home.length) : undefined;
  const forms = rest === undefined ? [path] : [path, `~${rest}`, `$HOME${rest}`, `\${HOME}${rest}`];
  return forms.some((form) => text.includes(form));
}

function wordOf(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
