import type { CommandGroup } from "../command.ts";

export default {
  description: "Read fields of a lynguine interface, and check it",
  examples: ["hearth interface read _lamd.yml title", "hearth interface check interface.yml"],
  commands: {
    read: () => import("./interface-read.ts"),
    check: () => import("./interface-check.ts"),
  },
} satisfies CommandGroup;
