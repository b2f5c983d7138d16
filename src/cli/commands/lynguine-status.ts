import { defineCommand } from "../command.ts";
import { DEFAULT_PYTHON, pythonArgs } from "../lynguine/args.ts";
import { askPython } from "../lynguine/python.ts";
import { startFileIn } from "../lynguine/start-file.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Show what `python -m lynguine.server` is in a Python environment",
  examples: ["hearth lynguine status", "hearth lynguine status --python .venv/bin/python --json"],
  args: pythonArgs,
  async run(args) {
    const environment = await askPython(args.python ?? DEFAULT_PYTHON);
    const { program, version, lynguine, packages } = environment;
    const file = startFileIn(packages);
    const isEnabled = file.read() !== undefined;
    if (args.json === true)
      return printData(`${JSON.stringify({ ...environment, file: file.path, isEnabled })}\n`);
    printData(`${program} (Python ${version}), lynguine ${lynguine ?? "not installed"}\n`);
    printData(isEnabled ? `lynguine.server is hearth: ${file.path}\n` : "lynguine.server is its own\n");
  },
});
