import { parseDuration } from "../../config/duration.ts";
import { loadRuntime } from "../../runtime/detect.ts";
import { ownScript } from "../../runtime/own-script.ts";
import { VERSION } from "../../version.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { printData } from "../print.ts";
import { type UpgradeAdvice, upgradeAdvice } from "../upgrade/advice.ts";
import { type Comparison, compareVersions } from "../upgrade/compare.ts";
import { findInstallation, type Installation } from "../upgrade/installation.ts";
import { askDistTags, registryUrl } from "../upgrade/registry.ts";

const TIMEOUT_SECONDS = 5;

export default defineCommand({
  description: "Ask whether there is a newer version, and tell the command that brings it; changes nothing",
  examples: ["hearth upgrade", "hearth upgrade --json", "hearth upgrade --registry https://npm.example.org/"],
  args: {
    registry: {
      type: "string",
      valueHint: "URL",
      description: "npm registry to ask; default: npm_config_registry, else npm's public one",
    },
    timeout: { type: "string", valueHint: "DURATION", description: "Give up after this time; default 5s" },
    ...commonArgs,
  },
  async run(args) {
    const registry = registryUrl(args.registry, process.env);
    const seconds = args.timeout === undefined ? TIMEOUT_SECONDS : parseDuration(args.timeout, "--timeout");
    const { isCompiled } = await loadRuntime();
    const installation = findInstallation(isCompiled ? process.execPath : ownScript(), isCompiled);
    const comparison = compareVersions(VERSION, await askDistTags(registry, seconds));
    const { isNewer, newest } = comparison;
    const advice =
      isNewer && newest !== null
        ? upgradeAdvice(installation, newest, args.registry && registry.href)
        : undefined;
    if (args.json === true) {
      const told = { ...comparison, registry: registry.href, installation, command: advice?.command ?? null };
      return printData(`${JSON.stringify(told)}\n`);
    }
    if (advice !== undefined) printData(newerText(comparison, installation, advice));
    else if (args.quiet !== true) printData(`${currentText(comparison)}\n`);
  },
});

function newerText(
  { current, newest }: Comparison,
  { kind, place }: Installation,
  advice: UpgradeAdvice,
): string {
  const lines = [
    `hearth ${newest} is there; this is ${current} (${kind}, ${place})`,
    ...(advice.before === undefined ? [] : [advice.before]),
    `Run: ${advice.command}`,
  ];
  return `${lines.join("\n")}\n`;
}

function currentText({ current, newest }: Comparison): string {
  if (newest === null) return `hearth ${current}; no version is announced`;
  if (newest === current) return `hearth ${current} is the newest version`;
  return `hearth ${current} is newer than what is announced, ${newest}`;
}
