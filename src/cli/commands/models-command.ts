import { quote } from "shlex";
import { modelPath } from "../../client/models.ts";
import type { ModelCommand } from "../../models/model-command.ts";
import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { modelArg } from "../models/model-text.ts";
import { printData, say } from "../print.ts";

export default defineCommand({
  description: "Print a model's command as it would be run, with the PATH and environment that it gets",
  examples: ["hearth models command qwen", "hearth models command qwen --json"],
  args: { model: modelArg, ...clientArgs },
  async run(args) {
    const client = await connect(args);
    const path = `/api/models/command/${modelPath(args.model)}`;
    const {
      command,
      env,
      missing,
      path: searched,
      program,
    } = await client.json<ModelCommand>({ method: "GET", path });
    if (args.json === true) {
      return printData(`${JSON.stringify({ command, env, path: searched, program, missing })}\n`);
    }
    const added = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
    printData(`${[...added, ...command.map((word) => quote(word))].join(" ")}\n`);
    if (args.quiet === true) return;
    if (program !== null) say(`program: ${program}`);
    else
      say(
        `warning: ${missing ?? "the program was not found"}. Name it by its whole path, or set PATH in env.`,
      );
    say(`PATH: ${searched}`);
  },
});
