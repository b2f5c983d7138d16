import type { CommandGroup } from "../command.ts";

export default {
  description: "Work on the data of an interface, cell by cell, with every change kept",
  examples: [
    "hearth session create grades.yml",
    "hearth session set 3f2a A --index ann --column grade",
    "hearth session save 3f2a",
  ],
  commands: {
    create: () => import("./session-create.ts"),
    list: () => import("./session-list.ts"),
    show: () => import("./session-show.ts"),
    get: () => import("./session-get.ts"),
    set: () => import("./session-set.ts"),
    compute: () => import("./session-compute.ts"),
    save: () => import("./session-save.ts"),
    export: () => import("./session-export.ts"),
    delete: () => import("./session-delete.ts"),
  },
} satisfies CommandGroup;
