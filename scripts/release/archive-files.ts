import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { completionScript } from "../../src/cli/completions/scripts.ts";
import { manPage } from "../../src/cli/man/page.ts";
import type { ArchiveFile } from "./archive.ts";
import { thirdPartyLicences } from "./licences.ts";

/**
 * What lies beside the binary in each archive.
 *
 * @param sbom the bill of materials: whose licences go along
 */
export async function archiveFiles(project: string, sbom: string): Promise<ArchiveFile[]> {
  const { components } = JSON.parse(sbom) as { components: { readonly "bom-ref": string }[] };
  const refs = new Set(components.map((one) => one["bom-ref"]));
  const copied = ["LICENSE", "README.md", "CHANGELOG.md"].map((path) => ({
    path,
    content: readFileSync(join(project, path)),
  }));
  return [
    ...copied,
    { path: "THIRD-PARTY-LICENSES.txt", content: thirdPartyLicences(project, refs) },
    { path: "man/hearth.1", content: await manPage(COMMANDS) },
    { path: "completions/hearth.bash", content: await completionScript("bash") },
    { path: "completions/_hearth", content: await completionScript("zsh") },
    { path: "completions/hearth.fish", content: await completionScript("fish") },
  ];
}
