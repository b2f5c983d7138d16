import { join } from "node:path";
import { markLine } from "./mark.ts";
import { addressText, serviceName, type ServiceFile, type ServicePlan } from "./plan.ts";

/** An agent's label: "local.hearth", "local.hearth-my-project-1x2y3z4w". */
export function agentLabel(key: string): string {
  return `local.${serviceName(key)}`;
}

/** Where the agent of an instance lies, below the user's home folder. */
export function agentPath(key: string, home: string): string {
  return join(home, "Library", "LaunchAgents", `${agentLabel(key)}.plist`);
}

/**
 * The agent of a service: started at login, and again when it crashed, not when it left by itself or was stopped.
 * launchd hands a port over only by a function of C, so the server listens itself.
 */
export function launchdAgent(plan: ServicePlan, home: string): ServiceFile {
  const values: Record<string, PlistValue> = {
    Label: agentLabel(plan.key),
    ProgramArguments: plan.command,
    EnvironmentVariables: plan.environment,
    WorkingDirectory: "/",
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ProcessType: "Interactive",
    StandardOutPath: plan.outputPath,
    StandardErrorPath: plan.outputPath,
  };
  const text = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    "<!-- Written by `hearth service install`; `hearth service uninstall` removes it. -->",
    `<!-- ${markLine(plan, addressText(plan.address))} -->`,
    '<plist version="1.0">',
    ...elementOf(values),
    "</plist>",
  ];
  return { path: agentPath(plan.key, home), text: `${text.join("\n")}\n` };
}

type PlistValue = string | boolean | readonly string[] | { readonly [key: string]: PlistValue };

function elementOf(value: PlistValue): string[] {
  if (typeof value === "string") return [`<string>${escapeXml(value)}</string>`];
  if (typeof value === "boolean") return [value ? "<true/>" : "<false/>"];
  if (isList(value)) return ["<array>", ...value.flatMap((item) => indented(elementOf(item))), "</array>"];
  const entries = Object.entries(value).flatMap(([key, inner]) => [
    `<key>${escapeXml(key)}</key>`,
    ...elementOf(inner),
  ]);
  return ["<dict>", ...indented(entries), "</dict>"];
}

function isList(value: PlistValue): value is readonly string[] {
  return Array.isArray(value);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
