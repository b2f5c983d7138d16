import { resolve } from "node:path";
import { beforeAll, expect, test } from "bun:test";

const PROJECT = resolve(import.meta.dir, "../..");
/** What no client needs to ask a server: the engine, formats, the server itself, and the larger libraries. */
const HEAVY = [/^src\/(?:engine|data|compute|access)\//, /^src\/(?:serve|hearth|embedded)\.ts/, /^routes\//];
const LIBRARIES = ["valibot", "hono", "consola", "yaml", "undici", "apache-arrow", "@duckdb"];
/** Modules of the runtime that cost the binary milliseconds each. */
const SLOW_BUILTINS = ["http", "crypto", "stream", "tty", "zlib", "net", "child_process"];

type Metafile = NonNullable<Bun.BuildOutput["metafile"]>;

let metafile: Metafile;
beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [resolve(PROJECT, "src/cli/main.ts")],
    root: PROJECT,
    target: "bun",
    format: "esm",
    splitting: true,
    metafile: true,
    external: ["@duckdb/node-bindings"],
  });
  metafile = built.metafile as Metafile;
});

test("`hearth ping` loads nothing of the engine, the formats, the server, and no slow library", () => {
  const loaded = modulesOf(metafile, [
    "src/cli/main.ts",
    "src/cli/commands/ping.ts",
    "src/client/local.ts",
    "src/runtime/bun.ts",
  ]);
  expect(loaded.modules.filter((path) => HEAVY.some((heavy) => heavy.test(path)))).toEqual([]);
  expect(
    loaded.modules.filter((path) => LIBRARIES.some((name) => path.includes(`node_modules/${name}`))),
  ).toEqual([]);
  expect(loaded.externals).toContain("fs");
  expect(loaded.externals.filter((name) => SLOW_BUILTINS.includes(name.replace("node:", "")))).toEqual([]);
  expect(loaded.modules.length).toBeLessThan(50);
});

test("a server loads OpenTelemetry's libraries only to trace, and the metrics only when they are asked for", () => {
  const isOfMonitoring = (path: string) =>
    path.includes("node_modules/@opentelemetry") || path.startsWith("src/metrics/");
  const serving = modulesOf(metafile, ["src/cli/main.ts", "src/cli/commands/serve.ts", "src/serve.ts"]);
  expect(serving.modules).toContain("src/tracing/wanted.ts");
  expect(serving.modules.filter(isOfMonitoring)).toEqual([]);
  const tracing = modulesOf(metafile, ["src/tracing/tracing.ts"]);
  expect(tracing.modules.some(isOfMonitoring)).toBeTrue();
});

/** The modules of the chunks that hold these, and of all that those chunks import statically. */
function modulesOf(
  { inputs, outputs }: Metafile,
  modules: readonly string[],
): { modules: string[]; externals: string[] } {
  const holding = modules.map((module) => {
    const chunk = Object.keys(outputs).find((path) => module in (outputs[path]?.inputs ?? {}));
    if (chunk === undefined) throw new Error(`${module} is in no chunk`);
    return chunk;
  });
  const seen = new Set<string>();
  for (let chunk = holding.pop(); chunk !== undefined; chunk = holding.pop()) {
    if (seen.has(chunk)) continue;
    seen.add(chunk);
    for (const { path, kind } of outputs[chunk]?.imports ?? []) {
      if (kind !== "import-statement") continue;
      const inner = Object.keys(outputs).find((output) => output.endsWith(path.replace(/^\.\//, "")));
      if (inner !== undefined) holding.push(inner);
    }
  }
  const found = [...seen].flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {}));
  const imports = found.flatMap((module) => inputs[module]?.imports ?? []);
  const externals = imports.filter(({ kind, external }) => external === true && kind === "import-statement");
  return { modules: found, externals: [...new Set(externals.map(({ path }) => path))] };
}
