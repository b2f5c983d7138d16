import type { CommandGroup } from "../command.ts";

export default {
  description: "Model servers: which there are, how they stand, loading and unloading",
  examples: ["hearth models list", "hearth models load qwen", "hearth models logs qwen -f"],
  commands: {
    list: () => import("./models-list.ts"),
    load: () => import("./models-load.ts"),
    unload: () => import("./models-unload.ts"),
    logs: () => import("./models-logs.ts"),
    command: () => import("./models-command.ts"),
    check: () => import("./models-check.ts"),
  },
} satisfies CommandGroup;
