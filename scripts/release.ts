/**
 * `npm run release`: everything that is published of a version, in `dist/release/`: a binary for each platform in an archive,
 * the npm package, a bill of materials, the changelog, and the hashes of all. What can't be made is told at the end with the
 * reason, and the exit code is 1.
 *
 * `-- --only TARGET` makes only that binary (or `npm`: the package), may be repeated; `--from REF` begins the changelog
 * there; `--out DIR` writes to another folder, which must be empty.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../src/version.ts";
import { archiveFiles } from "./release/archive-files.ts";
import { SUMS, writeSums } from "./release/archive.ts";
import { buildTarget } from "./release/build-target.ts";
import { packPackage } from "./release/pack-package.ts";
import { readChanges } from "./release/read-changes.ts";
import { createSbom } from "./release/sbom.ts";
import { readSourceState } from "./release/source-state.ts";
import { TARGETS } from "./release/targets.ts";

const project = resolve(import.meta.dir, "..");
const { values } = parseArgs({
  options: { only: { type: "string", multiple: true }, from: { type: "string" }, out: { type: "string" } },
});
const names = [...TARGETS.map(({ name }) => name), "npm"];
const wanted = new Set(values.only ?? names);
const unknown = [...wanted].filter((name) => !names.includes(name));
if (unknown.length > 0) stop(`No target ${unknown.join(", ")}; there are ${names.join(", ")}`);

const outFolder = prepareFolder(values.out);
const source = await readSourceState(project, VERSION);
const failures: string[] = [];

await part("changelog", async () => {
  const file = join(outFolder, `hearth-${VERSION}-changes.md`);
  writeFileSync(file, await readChanges(project, { from: values.from }));
  return file;
});
let sbom: string | undefined;
await part("bill of materials", async () => {
  const file = join(outFolder, `hearth-${VERSION}.cdx.json`);
  sbom = await createSbom(project, source.time);
  writeFileSync(file, sbom);
  return file;
});
if (wanted.has("npm")) await part("npm", () => packPackage(project, outFolder));
for (const target of TARGETS.filter(({ name }) => wanted.has(name))) {
  await part(target.name, async () => {
    if (sbom === undefined) throw new Error("Without the bill of materials its licences are not known");
    const files = await archiveFiles(project, sbom);
    const parts = { project, outFolder, version: VERSION, time: source.time, files };
    const { file, binaryBytes, wasRun } = await buildTarget(target, parts);
    return [file, `${megabytes(binaryBytes)} unpacked, ${wasRun ? "tried out here" : "format checked"}`];
  });
}
writeSums(outFolder);

for (const warning of source.warnings) console.error(`warning: ${warning}`);
for (const failure of failures) console.error(failure);
console.error(`${outFolder}: ${readdirSync(outFolder).length - 1} files and ${SUMS}`);
process.exit(failures.length > 0 ? 1 : 0);

/** Makes one thing and tells of it; a failure is kept for the end, so that the others are made all the same. */
async function part(
  name: string,
  make: () => Promise<string | [file: string, remark: string]>,
): Promise<void> {
  const before = performance.now();
  try {
    const [file, remark = ""] = [await make()].flat() as [string, string?];
    const seconds = ((performance.now() - before) / 1000).toFixed(1);
    const told = [megabytes(statSync(file).size), remark, `${seconds} s`].filter((text) => text !== "");
    console.error(`made    ${name.padEnd(18)} ${basename(file)} (${told.join(", ")})`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    failures.push(`MISSING ${name.padEnd(18)} ${reason}`);
    console.error(`failed  ${name}`);
  }
}

/** The usual folder is emptied; another one has to be empty, as nobody said that it may be. */
function prepareFolder(named: string | undefined): string {
  const folder = resolve(named ?? join(project, "dist/release"));
  if (named === undefined) rmSync(folder, { recursive: true, force: true });
  else if (existsSync(folder) && readdirSync(folder).length > 0) stop(`${folder} is not empty`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
