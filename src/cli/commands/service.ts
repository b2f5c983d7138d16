import type { CommandGroup } from "../command.ts";

export default {
  description: "Have the system start hearth: at the first connection (systemd), or at login (launchd)",
  examples: ["hearth service install --root ~/data", "hearth service status", "hearth service uninstall"],
  commands: {
    install: () => import("./service-install.ts"),
    uninstall: () => import("./service-uninstall.ts"),
    status: () => import("./service-status.ts"),
  },
} satisfies CommandGroup;
