import type { CommandGroup } from "../command.ts";

export default {
  description: "Measure what warm calls save, how fast training and serving are, and keep the results",
  examples: [
    "hearth bench operations",
    "hearth bench training --model ~/models/qwen",
    "hearth bench serving qwen --concurrency 1,4",
  ],
  commands: {
    operations: () => import("./bench-operations.ts"),
    training: () => import("./bench-training.ts"),
    serving: () => import("./bench-serving.ts"),
    history: () => import("./bench-history.ts"),
  },
} satisfies CommandGroup;
