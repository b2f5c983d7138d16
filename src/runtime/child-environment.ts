import { MARKER_VARIABLE } from "./family-script.ts";

/**
 * Variables that would turn our binary into plain Bun, make Bun load code of somebody else, or make a server that is
 * started from within a model server one of its family.
 */
const NOT_PASSED_ON = new Set(["BUN_BE_BUN", "BUN_OPTIONS", MARKER_VARIABLE]);

/** An environment for a child: as given, without what would change the runtime of a hearth that it starts, or its end. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !NOT_PASSED_ON.has(name)) kept[name] = value;
  }
  return kept;
}
