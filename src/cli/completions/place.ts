import { basename, isAbsolute, join } from "node:path";
import { type Environment, homeFolder } from "../../config/folders.ts";
import { HearthError } from "../../errors.ts";
import { SHELLS, type Shell } from "./scripts.ts";

/** The shell that this user logs in with, by `SHELL`. Throws `usage` when it tells none of those we know. */
export function loginShell(env: Environment): Shell {
  const name = basename(env["SHELL"] ?? "");
  const shell = SHELLS.find((known) => known === name);
  if (shell !== undefined) return shell;
  const told = name === "" ? "SHELL is not set" : `SHELL tells ${name}, which hearth has no completions for`;
  throw new HearthError("usage", `Which shell? ${told}`, {
    hint: `Name it: hearth completions install ${SHELLS.join("|")}.`,
  });
}

/**
 * The file in which a shell looks for this user's completions of `hearth`: bash-completion's own folder, a folder for
 * zsh's `fpath`, fish's. Throws `state-unusable` when there is no home folder.
 */
export function completionFile(shell: Shell, env: Environment): string {
  switch (shell) {
    case "bash": {
      const named = env["BASH_COMPLETION_USER_DIR"];
      const folder = named
        ? named
        : join(userFolder(env, "XDG_DATA_HOME", ".local/share"), "bash-completion");
      return join(folder, "completions/hearth");
    }
    case "zsh":
      return join(userFolder(env, "XDG_DATA_HOME", ".local/share"), "zsh/site-functions/_hearth");
    case "fish":
      return join(userFolder(env, "XDG_CONFIG_HOME", ".config"), "fish/completions/hearth.fish");
  }
}

/** A folder of the XDG rules; the shells keep to them on macOS too. */
function userFolder(env: Environment, variable: string, usual: string): string {
  const named = env[variable];
  return named !== undefined && isAbsolute(named) ? named : join(homeOf(env), usual);
}

/** The home folder. Throws `state-unusable` when there is none. */
export function homeOf(env: Environment): string {
  const home = homeFolder(env);
  if (home !== undefined) return home;
  throw new HearthError("state-unusable", "There is no home folder: HOME is not set", { hint: "Set HOME." });
}
