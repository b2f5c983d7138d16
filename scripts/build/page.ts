import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { PageManifest } from "../../src/page-assets.ts";

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

/**
 * Makes the page for people: its scripts and its style with names after their content, each also packed, and a manifest.
 *
 * @returns the packed size of all of it in bytes
 */
export async function buildPage(project: string, outFolder = join(project, "dist/page")): Promise<number> {
  rmSync(outFolder, { recursive: true, force: true });
  mkdirSync(outFolder, { recursive: true });
  const style = styleOf(project);
  const files = [...(await scriptsOf(project)), style];
  const script = files.find(({ name }) => name.startsWith("main-"));
  if (script === undefined) throw new Error("The page has no script to begin with");
  let packedBytes = 0;
  for (const { name, text } of files) {
    const packed = gzipSync(text, { level: 9 });
    packedBytes += packed.length;
    writeFileSync(join(outFolder, name), text);
    writeFileSync(join(outFolder, `${name}.gz`), packed);
  }
  const manifest: PageManifest = {
    script: script.name,
    style: style.name,
    files: Object.fromEntries(files.map(({ name }) => [name, TYPES[name.split(".").at(-1) ?? ""] ?? ""])),
  };
  writeFileSync(join(outFolder, "manifest.json"), JSON.stringify(manifest));
  return packedBytes;
}

interface PageFile {
  readonly name: string;
  readonly text: string;
}

async function scriptsOf(project: string): Promise<readonly PageFile[]> {
  const built = await Bun.build({
    entrypoints: [join(project, "src/page/main.tsx")],
    target: "browser",
    format: "esm",
    splitting: true,
    minify: true,
    naming: { entry: "[name]-[hash].[ext]", chunk: "part-[hash].[ext]" },
  });
  if (!built.success) throw new AggregateError(built.logs, "The page could not be built");
  return await Promise.all(
    built.outputs.map(async (output) => ({ name: basename(output.path), text: await output.text() })),
  );
}

/** Our own style behind that of the charts. */
function styleOf(project: string): PageFile {
  const sources = ["node_modules/uplot/dist/uPlot.min.css", "src/page/style.css"];
  const text = sources.map((path) => readFileSync(join(project, path), "utf8")).join("\n");
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return { name: `style-${hash}.css`, text };
}
