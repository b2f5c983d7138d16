import { HearthError } from "../errors.ts";
import { TOOL_DIRECTORIES, TOOL_NAME, TOOL_NAMES } from "./tool-names.ts";

/** `data`: data formats only, at harmless names; `any`: every file; `none`: no file. */
export type GuestWriteRule = "data" | "any" | "none";

/** Extensions of the formats that hearth writes; a packed one has `.gz` or `.zst` after it. */
export const DATA_EXTENSIONS: readonly string[] =
  "json ndjson jsonl csv tsv yaml yml md markdown xlsx bib bibtex parquet pq arrow arrows feather".split(" ");

const DATA_NAME = new RegExp(`\\.(?:${DATA_EXTENSIONS.join("|")})(?:\\.(?:gz|zst))?$`, "i");

/** Any of the three execution bits. */
const EXECUTABLE = 0o111;

/** Throws `write-refused` where guests may write nothing at all. */
export function checkGuestsMayWrite(rule: GuestWriteRule, shown: string): void {
  if (rule !== "none") return;
  throw new HearthError("write-refused", `HTTP clients may not write files here: "${shown}"`, {
    hint: "The setting `guestWrites` is `none`; `data` allows data formats.",
  });
}

/**
 * Throws `write-refused` for a file that guests may not write by the rule `data`: a hidden path, a format that is not
 * data, a name that a tool runs or reads as its config, an executable file.
 *
 * @param below the path below its root
 * @param mode of the file that is there; undefined for a new one
 */
export function checkDataFile(below: string, shown: string, mode: number | undefined): void {
  checkDataFolder(below, shown);
  const name = below.slice(below.lastIndexOf("/") + 1);
  if (!DATA_NAME.test(name)) throw refused(shown, "its extension is not of a data format that hearth writes");
  if (isToolName(name)) throw refused(shown, "tools run or read a file of this name");
  if (mode !== undefined && (mode & EXECUTABLE) !== 0) throw refused(shown, "it is an executable file");
}

/** The same for a folder that is made. */
export function checkDataFolder(below: string, shown: string): void {
  for (const part of below.split("/")) {
    const plain = plainName(part);
    if (plain.startsWith(".")) throw refused(shown, "a part of its path begins with a dot");
    if (TOOL_DIRECTORIES.has(plain)) throw refused(shown, `tools run what is in "${plain}"`);
  }
}

/** Throws `write-refused` for a file that the config names, or that one of its modules imports. */
export function trustedFile(shown: string): HearthError {
  return new HearthError("write-refused", `"${shown}" is used by this server's config`, {
    hint: "Change it with an editor; HTTP clients may not.",
  });
}

function isToolName(name: string): boolean {
  const plain = plainName(name).replace(/\.(?:gz|zst)$/, "");
  return TOOL_NAMES.has(plain) || TOOL_NAME.test(plain);
}

/**
 * A name as the least careful file system compares it: without case, in one form of Unicode, without characters that
 * are not seen, and without dots and blanks at its end.
 */
function plainName(name: string): string {
  const folded = name
    .normalize("NFKC")
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, "")
    .toLowerCase()
    .normalize("NFKC");
  return /^\.+$/.test(folded) ? folded : folded.trim().replace(/[. ]+$/, "");
}

function refused(shown: string, reason: string): HearthError {
  return new HearthError("write-refused", `HTTP clients may not write "${shown}": ${reason}`, {
    hint: "The setting `guestWrites` is `data`; `any` allows every file below the roots.",
  });
}
