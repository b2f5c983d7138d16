import type { CommandGroup } from "../command.ts";

export default {
  description: "Show where the settings come from, check a config file, and describe it for editors",
  examples: ["hearth config show", "hearth config path", "hearth config check hearth.yaml"],
  commands: {
    show: () => import("./config-show.ts"),
    path: () => import("./config-path.ts"),
    check: () => import("./config-check.ts"),
    schema: () => import("./config-schema.ts"),
  },
} satisfies CommandGroup;
