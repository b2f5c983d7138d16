import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData, say } from "../print.ts";

export default defineCommand({
  description: "Unload a model, or all, after the requests that run",
  examples: ["hearth models unload qwen", "hearth models unload"],
  args: {
    model: { type: "positional", description: "Model; without one all are unloaded" },
    ...clientArgs,
  },
  async run(args) {
    const client = await connect(args);
    await client.unloadModel(args.model);
    if (args.json === true) return printData(`${JSON.stringify({ unloaded: args.model ?? "all" })}\n`);
    if (args.quiet !== true) say(`${args.model ?? "Every model"} is unloaded`);
  },
});
