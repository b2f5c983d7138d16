import type { CommandGroup } from "../command.ts";

export default {
  description: "Print the completions for a shell, or put them in place",
  examples: [
    "hearth completions install",
    "source <(hearth completions bash)",
    'hearth completions zsh > "${fpath[1]}/_hearth"',
    "hearth completions fish | source",
  ],
  commands: {
    bash: async () => (await import("./completions-print.ts")).printCommand("bash"),
    zsh: async () => (await import("./completions-print.ts")).printCommand("zsh"),
    fish: async () => (await import("./completions-print.ts")).printCommand("fish"),
    install: () => import("./completions-install.ts"),
  },
} satisfies CommandGroup;
