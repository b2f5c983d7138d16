import { HearthClient } from "../../client/client.ts";
import { connectLocalServer } from "../../client/local.ts";
import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { locate } from "../locate.ts";
import { tellReload } from "../control/tell-reload.ts";
import { printData } from "../print.ts";
import type { ReloadResult } from "../../server-control.ts";

export default defineCommand({
  description: "Let the running server take its config again",
  examples: ["hearth reload"],
  args: { ...commonArgs, ...instanceArgs },
  async run(args) {
    const local = await locate(args);
    const client = new HearthClient(async () => connectLocalServer(local, { autoStart: false }));
    const answer = await client.json<ReloadResult>({
      method: "POST",
      path: "/api/control/reload",
      body: "{}",
    });
    if (args.json === true) printData(`${JSON.stringify(answer)}\n`);
    else if (args.quiet !== true) tellReload(answer);
  },
});
