import { HearthError } from "../errors.ts";
import { sha256 } from "./hash.ts";
import { expectedOf, readValue } from "./kinds.ts";
import { readRegular } from "./read-regular.ts";
import type { WatchedFile } from "./resolved.ts";

/** Far more than any token has. */
const MAX_BYTES = 4096;

/** A token, and the file that it was read from. */
export interface TokenOfFile {
  readonly token: string;
  readonly file: WatchedFile;
}

/**
 * The token in a file, without the line break at its end; it goes into no message and no log. `warnings` takes a
 * sentence when others may read the file. Throws `config-invalid`; `where` tells what named the file.
 */
export function readToken(path: string, where: string, warnings: string[]): TokenOfFile {
  const { mode, bytes } = readSmall(path, where);
  const token = readValue("secret", bytes.toString("utf8").trim());
  if (typeof token !== "string") {
    throw new HearthError("config-invalid", `${where}: ${path} has to hold ${expectedOf("secret")}`);
  }
  if ((mode & 0o077) !== 0)
    warnings.push(`Others may read the token in ${path}; to stop that: chmod 600 ${path}`);
  return { token, file: { realPath: path, hash: sha256(bytes) } };
}

function readSmall(path: string, where: string): { mode: number; bytes: Buffer } {
  try {
    const file = readRegular(path, MAX_BYTES);
    if (file !== undefined) return { mode: file.stat.mode, bytes: file.bytes };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === "ENOENT" ? "there is no file" : code === "EACCES" ? "no permission to read" : "can't read";
    throw new HearthError("config-invalid", `${where}: ${reason} ${path}`, { cause: error });
  }
  throw new HearthError("config-invalid", `${where}: ${path} is not a file with a token in it`);
}
