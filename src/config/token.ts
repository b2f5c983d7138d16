import { readFileSync, statSync } from "node:fs";
import { HearthError } from "../errors.ts";
import { expectedOf, readValue } from "./kinds.ts";

/** Far more than any token has. */
const MAX_BYTES = 4096;

/**
 * The token in a file, without the line break at its end; it goes into no message and no log. `warnings` takes a
 * sentence when others may read the file. Throws `config-invalid`; `where` tells what named the file.
 */
export function readToken(path: string, where: string, warnings: string[]): string {
  const { mode, text } = readSmall(path, where);
  const token = readValue("secret", text.trim());
  if (typeof token !== "string") {
    throw new HearthError("config-invalid", `${where}: ${path} has to hold ${expectedOf("secret")}`);
  }
  if ((mode & 0o077) !== 0)
    warnings.push(`Others may read the token in ${path}; to stop that: chmod 600 ${path}`);
  return token;
}

function readSmall(path: string, where: string): { mode: number; text: string } {
  try {
    const stat = statSync(path);
    if (stat.isFile() && stat.size <= MAX_BYTES) return { mode: stat.mode, text: readFileSync(path, "utf8") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === "ENOENT" ? "there is no file" : code === "EACCES" ? "no permission to read" : "can't read";
    throw new HearthError("config-invalid", `${where}: ${reason} ${path}`, { cause: error });
  }
  throw new HearthError("config-invalid", `${where}: ${path} is no file with a token in it`);
}
