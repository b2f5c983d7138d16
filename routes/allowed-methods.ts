interface Route {
  readonly path: string;
  readonly method: string;
}

/**
 * Which methods a path has, for a request with another one; undefined: it is no endpoint's. Routes that take any method
 * never come to this.
 */
export function createAllowedMethods(
  routes: readonly Route[],
): (path: string) => readonly string[] | undefined {
  // Made when first needed: a server's start has nothing to refuse.
  let known: ReturnType<typeof collect> | undefined;
  return (path) => {
    known ??= collect(routes);
    const exact = known.byPath.get(path);
    if (exact !== undefined) return [...exact];
    const fitting = known.patterns.filter(({ pattern }) => pattern.test(path));
    const methods = new Set(fitting.flatMap(({ methods }) => [...methods]));
    return methods.size === 0 ? undefined : [...methods];
  };
}

function collect(routes: readonly Route[]) {
  const byPath = new Map<string, Set<string>>();
  for (const { method, path } of routes) {
    if (method === "ALL") continue;
    const methods = byPath.get(path) ?? new Set();
    byPath.set(path, methods.add(method));
    if (method === "GET") methods.add("HEAD"); // Hono answers it by the route for GET
  }
  return { byPath, patterns: [...byPath].map(([path, methods]) => ({ pattern: patternOf(path), methods })) };
}

/** `:name` is a segment; with a pattern behind it, it is the rest, slashes and all. */
function patternOf(path: string): RegExp {
  const segments = path.split("/").map((segment) => {
    if (!segment.startsWith(":")) return segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    return segment.includes("{") ? "[^]+" : "[^/]+";
  });
  return new RegExp(`^${segments.join("/")}$`);
}
