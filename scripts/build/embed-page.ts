import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";

/** Puts the built page into the binary, in place of the module that finds it on disk. */
export function embedPage(project: string): BunPlugin {
  const folder = join(project, "dist/page");
  return {
    name: "embed-page",
    setup(build) {
      build.onLoad({ filter: /\/src\/page-files\.ts$/ }, () => ({
        loader: "ts",
        contents: embeddedFiles(folder),
      }));
    },
  };
}

function embeddedFiles(folder: string): string {
  const names = readdirSync(folder);
  const imports = names.map(
    (name, index) => `import file${index} from ${JSON.stringify(join(folder, name))} with { type: "file" };`,
  );
  const entries = names.map((name, index) => `[${JSON.stringify(name)}, file${index}]`);
  return `${imports.join("\n")}
const files: ReadonlyMap<string, string> = new Map([${entries.join(", ")}]);
export function pageFile(name: string): string {
  return files.get(name) ?? name;
}
`;
}
