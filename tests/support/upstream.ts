import { join } from "node:path";
import { PROJECT } from "./targets.ts";

/** The command line of the scripted upstream, for `cmd` of a model. */
export function upstreamCommand(flags = ""): string {
  const bun = join(PROJECT, "node_modules", ".bin", "bun");
  return `${bun} ${join(PROJECT, "tests/fixtures/models/upstream.ts")} --port \${PORT} ${flags}`.trim();
}

/** A chat completion's body, for the scripted upstream. */
export function chat(model: string, script: Readonly<Record<string, unknown>> = {}): object {
  return { model, messages: [{ role: "user", content: "hi" }], ...script };
}
