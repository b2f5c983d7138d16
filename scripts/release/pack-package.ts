import { join } from "node:path";
import { packedFile } from "./locked-package.ts";
import { runTool } from "./run-tool.ts";

/**
 * Builds the npm package and packs it, as `npm publish` would.
 *
 * @returns the tarball's file
 */
export async function packPackage(project: string, outFolder: string): Promise<string> {
  await runTool([process.execPath, join(project, "scripts/build.ts"), "package"], { cwd: project });
  const report = await runTool(
    ["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", outFolder],
    { cwd: project },
  );
  return join(outFolder, packedFile(report));
}
