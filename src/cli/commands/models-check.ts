import { HearthError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { checkConfig } from "../control/check-config.ts";
import { printData, say } from "../print.ts";

export default defineCommand({
  description:
    "Check the models of a config: their keys, and whether their programs are found here; starts nothing",
  examples: ["hearth models check", "hearth models check llama-swap.yaml"],
  args: {
    file: {
      type: "positional",
      description: "Config file; default: the one that is found here",
      valueHint: "FILE",
    },
    ...commonArgs,
  },
  async run(args) {
    const { file, models: config, warnings } = await checkConfig(args.file);
    const { describeCommand } = await import("../../models/model-command.ts");
    const models = [...config.models.values()].map((model) => {
      const { command, missing, program } = describeCommand(model, undefined, process.env);
      return { id: model.id, program, missing, command };
    });
    if (args.json === true) printData(`${JSON.stringify({ file, models, warnings })}\n`);
    else if (args.quiet !== true) {
      for (const warning of warnings) say(`warning: ${warning}`);
      for (const { id, missing, program } of models) say(`${id}: ${program ?? missing}`);
    }
    const missing = models.filter(({ program }) => program === null);
    if (missing.length === 0) return;
    throw new HearthError(
      "model-unavailable",
      `${missing.map(({ id }) => id).join(", ")}: no program that can be run`,
      {
        hint: "Name programs by their whole path, or set PATH in env: a server in the background has the PATH of whoever started it.",
      },
    );
  },
});
