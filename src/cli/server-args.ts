import { isDenial } from "../config/given-values.ts";
import { SETTING_KEYS } from "../config/keys.ts";
import type { ArgDefs, SwitchDef, ValueDef } from "./command.ts";
import { instanceArgs } from "./common-args.ts";

const HINTS: Readonly<Record<string, string>> = {
  path: "FILE",
  paths: "DIR",
  duration: "DURATION",
  size: "SIZE",
};

/** The flags of all settings, from the one table of settings, and those that choose the config. */
export const serverArgs = {
  ...instanceArgs,
  ...(Object.fromEntries(SETTING_KEYS.flatMap(flagOf)) as Record<string, ValueDef | SwitchDef>),
} satisfies ArgDefs;

function flagOf({
  flag,
  kind,
  description,
}: (typeof SETTING_KEYS)[number]): [string, ValueDef | SwitchDef][] {
  if (flag === undefined) return [];
  if (isDenial(flag)) return [[flag, { type: "boolean", description: deniedText(description) }]];
  const multiple = kind === "paths" || kind === "hosts" || kind === "origins" || kind === "variables";
  return [[flag, { type: "string", valueHint: HINTS[kind] ?? kind.toUpperCase(), multiple, description }]];
}

/** "Whether to listen on a TCP port" is "Do not listen on a TCP port" as a switch. */
function deniedText(description: string): string {
  return description.replace(/^Whether to /, "Do not ");
}

/** What the parser gave, as `resolveSettings` takes it: lists that nobody filled count as not given. */
export function settingFlags(
  args: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
): Record<string, string | boolean | readonly string[] | undefined> {
  const given = Object.entries(args).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  const flags = Object.fromEntries(given);
  return args["no-config"] === true ? { ...flags, config: false } : flags;
}

/** Flags that `serveArgs` and the roots' own handling pass on themselves. */
const PASSED_ON_ELSEWHERE = new Set<string | undefined>(["host", "port", "root"]);

/** The setting flags of a command line, written again for a server in the background. */
export function forwardedFlags(args: Readonly<Record<string, unknown>>): string[] {
  return SETTING_KEYS.flatMap(({ flag }) => {
    const value = flag === undefined || PASSED_ON_ELSEWHERE.has(flag) ? undefined : args[flag];
    if (typeof value === "boolean") return [`--${flag}=${value}`];
    const values = Array.isArray(value) ? value : [value];
    return values.flatMap((text) => (typeof text === "string" ? [`--${flag}`, text] : []));
  });
}
