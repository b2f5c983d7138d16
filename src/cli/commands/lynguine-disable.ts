import { defineCommand } from "../command.ts";
import { openLog } from "../log.ts";
import { DEFAULT_PYTHON, pythonArgs } from "../lynguine/args.ts";
import { askPython } from "../lynguine/python.ts";
import { startFileIn } from "../lynguine/start-file.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Give lynguine its own server back",
  examples: ["hearth lynguine disable", "hearth lynguine disable --python .venv/bin/python"],
  args: pythonArgs,
  async run(args) {
    const { program, packages } = await askPython(args.python ?? DEFAULT_PYTHON);
    const file = startFileIn(packages);
    const wasEnabled = file.remove();
    if (args.json === true) return printData(`${JSON.stringify({ program, file: file.path, wasEnabled })}\n`);
    const log = await openLog(args);
    if (wasEnabled) log.success(`${program} -m lynguine.server is lynguine's own again`);
    else log.info(`It was not enabled in ${packages}`);
  },
});
