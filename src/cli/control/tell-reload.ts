import type { ReloadResult } from "../../server-control.ts";
import { say } from "../print.ts";

/** Says what a running server took of its config, and what waits for a restart, and why. */
export function tellReload({ changed, kept, needsRestart, warnings }: ReloadResult): void {
  for (const warning of warnings) say(`warning: ${warning}`);
  say(changed.length === 0 ? "Nothing changed" : `Changed: ${changed.join(", ")}`);
  if (needsRestart.length === 0) return;
  say(`Only after \`hearth restart\`: ${needsRestart.join(", ")}`);
  for (const reason of kept) say(`  ${reason}`);
}
