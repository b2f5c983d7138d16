import type { CommandGroup } from "../command.ts";

export default {
  description: "Let lynguine's Python client start hearth where it starts its own server",
  examples: [
    "hearth lynguine enable --python .venv/bin/python",
    "hearth lynguine status",
    "hearth lynguine disable",
  ],
  commands: {
    enable: () => import("./lynguine-enable.ts"),
    disable: () => import("./lynguine-disable.ts"),
    status: () => import("./lynguine-status.ts"),
  },
} satisfies CommandGroup;
