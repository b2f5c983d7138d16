/** Variables that would turn our binary into plain Bun, or make Bun load code of somebody else. */
const CHANGES_RUNTIME = new Set(["BUN_BE_BUN", "BUN_OPTIONS"]);

/** An environment for a child: as given, without what would change the runtime of a hearth that it starts. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !CHANGES_RUNTIME.has(name)) kept[name] = value;
  }
  return kept;
}
