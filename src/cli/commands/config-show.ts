import type { SettingValue } from "../../config/kinds.ts";
import { type ResolvedSettings, waitingSentence } from "../../config/resolved.ts";
import { resolveSettings } from "../../config/resolve.ts";
import { BACKGROUND_IDLE_SECONDS } from "../../config/settings.ts";
import { instanceConfig, portRuleOf, portSequence } from "../../lifecycle/instance.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { serverArgs, settingFlags } from "../server-args.ts";
import { printData, say } from "../print.ts";
import { renderTable } from "../table/render-table.ts";
import { createPainter, hasColor, isTerminal, terminalWidth } from "../terminal.ts";

/** A setting without a value. */
const NONE = "none";

export default defineCommand({
  description: "Show each setting, its value and where it came from",
  examples: ["hearth config show", "hearth config show --json", "HEARTH_PORT=9000 hearth config show"],
  args: { ...commonArgs, ...serverArgs },
  async run(args) {
    const resolved = await resolveSettings({
      flags: settingFlags(args),
      env: process.env,
      cwd: process.cwd(),
    });
    if (args.json === true) return printData(`${JSON.stringify(shownJson(resolved))}\n`);
    const rows = Object.entries(resolved.origins).map(([key, { value, origin, where }]) => [
      key,
      value === undefined ? unsetText(key, resolved) : valueText(value),
      where === "" ? origin : `${origin}: ${where}`,
    ]);
    const width = (await isTerminal(1)) ? terminalWidth() : Number.POSITIVE_INFINITY;
    const paint = createPainter(await hasColor(1));
    printData(renderTable(["setting", "value", "from"], rows, { width, paint }));
    if (args.quiet !== true) tellNotices(resolved);
  },
});

function valueText(value: Exclude<SettingValue, undefined>): string {
  return typeof value === "object" ? value.join(", ") || NONE : String(value);
}

/** What holds where nobody set anything and there is no one default. */
function unsetText(key: string, { config }: ResolvedSettings): string {
  if (key === "idleTimeout") return `${BACKGROUND_IDLE_SECONDS} in the background, 0 in the foreground`;
  if (key !== "port") return NONE;
  const rule = portRuleOf({ configRealPath: instanceConfig(config), port: undefined });
  const [first] = portSequence(rule);
  return rule.kind === "derived" ? `${first}, or the next free one` : String(first);
}

function shownJson({ origins, config, warnings, waiting }: ResolvedSettings) {
  return { config: config ?? null, settings: origins, warnings, waiting };
}

function tellNotices(resolved: ResolvedSettings): void {
  for (const warning of resolved.warnings) say(`warning: ${warning}`);
  const waiting = waitingSentence(resolved);
  if (waiting !== undefined) say(waiting);
}
