import { PLACE_VARIABLES, SETTING_KEYS } from "../../config/keys.ts";
import { bold, heading, italic, item, paragraph } from "./roff.ts";

/** Variables that belong to no setting, and what they do. */
export const FURTHER_VARIABLES: Readonly<Record<string, string>> = {
  HEARTH_CACHE_DIR: "Folder that the binary unpacks its query engine to.",
  HEARTH_BENCH_KEY: "Key of the servers that `hearth bench serving` and `hearth eval` ask.",
  npm_config_registry: "Registry that `hearth upgrade` asks.",
  NO_COLOR: "Not empty: no colours.",
  SHELL: "Whose completions `hearth completions install` puts in place when none is named.",
  "XDG_STATE_HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME, XDG_DATA_HOME": "Move the folders below, as everywhere.",
};

const FILES: Readonly<Record<string, string>> = {
  "hearth.yaml, hearth.json":
    "Settings and models of a project, searched for in the working directory and above it; others' files count only after `hearth trust`.",
  "~/.config/hearth/": "The user's own hearth.yaml.",
  "~/.local/state/hearth/": "Logs, records of servers, sessions, what is trusted, spilled data. Mode 0700.",
  "~/.cache/hearth/": "The binary's unpacked query engine; can be removed at any time.",
};

const EXIT_CODES: Readonly<Record<string, string>> = {
  0: "Done.",
  1: "It failed or was refused.",
  2: "The command line is wrong.",
  3: "No server can be reached; `hearth status`: none runs.",
};

/** What each exit code means. */
export function exitSection(): string[] {
  const rows = Object.entries(EXIT_CODES).map(([code, meaning]) => item(bold(code), meaning));
  return [heading("Exit status"), ...rows];
}

/** Every setting's variable, from the one table of settings, and the few beside them. */
export function environmentSection(): string[] {
  const settings = [...SETTING_KEYS, ...Object.values(PLACE_VARIABLES)].map(({ env, flag, description }) =>
    item(bold(env), `${description}.${flag === undefined ? "" : ` As \`--${flag}\`, which wins.`}`),
  );
  const further = Object.entries(FURTHER_VARIABLES).map(([name, text]) => item(bold(name), text));
  return [
    heading("Environment"),
    paragraph(
      "A flag wins over a variable, a variable over the config file. An empty variable counts as unset.",
    ),
    ...settings,
    ...further,
  ];
}

/** Where hearth reads and keeps things. */
export function filesSection(): string[] {
  const rows = Object.entries(FILES).map(([path, text]) => item(italic(path), text));
  return [
    heading("Files"),
    ...rows,
    paragraph(
      "On macOS the three folders are below ~/Library: Application Support/hearth, twice, and Caches/hearth.",
    ),
  ];
}
