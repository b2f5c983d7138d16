import { resolveSettings } from "../../config/resolve.ts";
import { HearthError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { findProjectConfig } from "../control/project-config.ts";
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
    const file = args.file ?? findProjectConfig();
    if (file === undefined) {
      throw new HearthError("usage", "There is no hearth.yaml or hearth.json here", {
        hint: "Name the file.",
      });
    }
    const resolved = await resolveSettings({ flags: { config: file }, env: {}, cwd: process.cwd() });
    const [{ readModels }, { describeCommand }] = await Promise.all([
      import("../../models/config/read-models.ts"),
      import("../../models/model-command.ts"),
    ]);
    const { config, warnings } = readModels(resolved.models, process.env);
    const models = [...config.models.values()].map((model) => {
      const { command, missing, program } = describeCommand(model, undefined, process.env);
      return { id: model.id, program, missing, command };
    });
    const all = [...resolved.warnings, ...warnings];
    if (args.json === true) printData(`${JSON.stringify({ file, models, warnings: all })}\n`);
    else if (args.quiet !== true) {
      for (const warning of all) say(`warning: ${warning}`);
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
