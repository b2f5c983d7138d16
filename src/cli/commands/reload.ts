import { HearthClient } from "../../client/client.ts";
import { connectLocalServer } from "../../client/local.ts";
import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { locate } from "../locate.ts";
import { printData, say } from "../print.ts";

/** What the server says after it looked at its config again. */
interface ReloadAnswer {
  /** Names of the settings that have another value now. */
  readonly changed: readonly string[];
  readonly needsRestart: readonly string[];
  readonly warnings: readonly string[];
}

export default defineCommand({
  description: "Let the running server take its config again",
  examples: ["hearth reload"],
  args: { ...commonArgs, ...instanceArgs },
  async run(args) {
    const local = await locate(args);
    const client = new HearthClient(async () => connectLocalServer(local, { autoStart: false }));
    const answer = await client.json<ReloadAnswer>({
      method: "POST",
      path: "/api/control/reload",
      body: "{}",
    });
    if (args.json === true) printData(`${JSON.stringify(answer)}\n`);
    else if (args.quiet !== true) tellReload(answer);
  },
});

function tellReload({ changed, needsRestart, warnings }: ReloadAnswer): void {
  for (const warning of warnings) say(`warning: ${warning}`);
  say(changed.length === 0 ? "Nothing changed" : `Changed: ${changed.join(", ")}`);
  if (needsRestart.length > 0) say(`Only after \`hearth restart\`: ${needsRestart.join(", ")}`);
}
