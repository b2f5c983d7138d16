import { HearthError } from "../../errors.ts";
import { loadRuntime } from "../../runtime/detect.ts";
import { defineCommand } from "../command.ts";
import { openLog } from "../log.ts";
import { DEFAULT_PYTHON, pythonArgs } from "../lynguine/args.ts";
import { askPython } from "../lynguine/python.ts";
import { startFileIn, startFileText } from "../lynguine/start-file.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "In a Python environment, run `hearth serve` in place of `python -m lynguine.server`",
  examples: ["hearth lynguine enable", "hearth lynguine enable --python .venv/bin/python"],
  args: pythonArgs,
  async run(args) {
    const environment = await askPython(args.python ?? DEFAULT_PYTHON);
    const { program, version, lynguine, packages } = environment;
    if (Number(version.split(".")[1]) < 10) {
      throw new HearthError("usage", `${program} is Python ${version}; 3.10 or newer is needed`, {
        hint: "`hearth start` before the client is used does the same without it.",
      });
    }
    const log = await openLog(args);
    if (lynguine === null) log.warn(`lynguine is not installed in ${packages}`);
    const file = startFileIn(packages);
    file.write(startFileText((await loadRuntime()).selfCommand(["serve"])));
    if (args.json === true) return printData(`${JSON.stringify({ ...environment, file: file.path })}\n`);
    log.success(`${program} -m lynguine.server is hearth from now on (${file.path})`);
  },
});
