import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packTar } from "modern-tar";

/** A file of an archive, by its path in it. */
export interface ArchiveFile {
  readonly path: string;
  readonly content: Uint8Array | string;
  readonly isExecutable?: boolean;
}

/** Name of the file with the hashes of all others. */
export const SUMS = "SHA256SUMS";

/**
 * Writes a `.tar.gz` in which everything lies below one folder. Order, owner, mode and time are fixed, so equal files give
 * equal bytes.
 */
export async function writeArchive(
  outfile: string,
  folder: string,
  files: readonly ArchiveFile[],
  time: Date,
): Promise<void> {
  const entries = files.map(({ path, content, isExecutable }) => {
    const body = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const mode = isExecutable === true ? 0o755 : 0o644;
    const header = { name: `${folder}/${path}`, size: body.length, mode, mtime: time, uid: 0, gid: 0 };
    return { header: { ...header, uname: "root", gname: "root" }, body };
  });
  const tar = await packTar(entries);
  writeFileSync(outfile, Bun.gzipSync(tar, { level: 6 }));
}

/** Writes `SHA256SUMS` over all other files of a folder, as `sha256sum --check` reads it. */
export function writeSums(folder: string): void {
  const names = readdirSync(folder)
    .filter((name) => name !== SUMS)
    .toSorted();
  const lines = names.map((name) => `${sha256(join(folder, name))}  ${name}\n`);
  writeFileSync(join(folder, SUMS), lines.join(""));
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
