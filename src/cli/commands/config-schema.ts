import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Print the JSON Schema of hearth.yaml, for completion and checks in editors",
  examples: ["hearth config schema > hearth.schema.json"],
  args: { ...commonArgs },
  async run() {
    const { configJsonSchema } = await import("../../models/config/json-schema.ts");
    printData(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  },
});
