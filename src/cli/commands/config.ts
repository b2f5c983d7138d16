import type { CommandGroup } from "../command.ts";

export default {
  description: "Show where the settings come from, and check a config file",
  examples: ["hearth config show", "hearth config path", "hearth config check hearth.yaml"],
  commands: {
    show: () => import("./config-show.ts"),
    path: () => import("./config-path.ts"),
    check: () => import("./config-check.ts"),
  },
} satisfies CommandGroup;
