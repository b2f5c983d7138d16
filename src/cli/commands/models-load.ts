import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { modelArg, timeText } from "../models/model-text.ts";
import { printData, say } from "../print.ts";

export default defineCommand({
  description: "Load a model and wait until it answers",
  examples: ["hearth models load qwen", "hearth models load qwen --timeout 5m"],
  args: { model: modelArg, ...clientArgs },
  async run(args) {
    const client = await connect(args);
    const model = await client.loadModel(args.model);
    if (args.json === true) return printData(`${JSON.stringify(model)}\n`);
    if (args.quiet === true) return;
    const took = model.loadMs === null ? "" : `, loaded in ${timeText(model.loadMs / 1000)}`;
    say(`${model.id} is ready at ${model.url ?? "its address"}${took}`);
  },
});
