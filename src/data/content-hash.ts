import type { FileAccess, FileStamp, PathOptions } from "../access/files.ts";
import { fileInput } from "./bytes.ts";
import { sameStamp } from "./same-stamp.ts";

/** Files larger than this are read again rather than compared. */
const MAX_HASHED_BYTES = 64 * 2 ** 20;

/**
 * SHA-256 of a file's content, in base64; undefined when it is too large to be worth it, or changed by its stamp. Throws
 * what `FileAccess.open` throws.
 */
export async function hashContent(
  files: FileAccess,
  filename: string,
  place: PathOptions,
  stamp: FileStamp,
): Promise<string | undefined> {
  if (stamp.size > MAX_HASHED_BYTES) return undefined;
  // Loaded when first needed: only files changed within the last seconds need it.
  const { createHash } = await import("node:crypto");
  const file = await files.open(filename, place);
  try {
    if (!sameStamp(file.stamp, stamp)) return undefined;
    const hash = createHash("sha256");
    for await (const chunk of fileInput(file).open()) hash.update(chunk);
    return hash.digest("base64");
  } finally {
    file.close();
  }
}
