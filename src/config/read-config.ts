import type { Stats } from "node:fs";
import { HearthError } from "../errors.ts";
import { sha256 } from "./hash.ts";
import { ownershipFault } from "./ownership.ts";
import { readRegular } from "./read-regular.ts";

/** Far more than any config needs, and little enough to parse. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

/** A config file's content as it was at one moment. */
export interface ConfigText {
  readonly text: string;
  /** SHA-256 of its bytes, in hex. */
  readonly hash: string;
}

/**
 * Reads a config file of at most 1 MiB of UTF-8. With `mustBeOurs` the owner and mode of the very file that was opened
 * are checked once more. Throws `config-invalid`, naming the file as `shown`.
 */
export function readConfigText(path: string, shown: string, mustBeOurs: boolean): ConfigText {
  const check = (stat: Stats): void => {
    const fault = mustBeOurs ? ownershipFault(stat, path) : undefined;
    if (fault !== undefined) throw invalid(shown, fault);
    if (!stat.isFile()) throw invalid(shown, "it is not a regular file");
    if (stat.size > MAX_CONFIG_BYTES)
      throw invalid(shown, `it is larger than ${MAX_CONFIG_BYTES / 1024} KiB`);
  };
  const bytes = readChecked(path, shown, check);
  return { text: decode(bytes, shown), hash: sha256(bytes) };
}

function readChecked(path: string, shown: string, check: (stat: Stats) => void): Uint8Array {
  try {
    const file = readRegular(path, MAX_CONFIG_BYTES, check);
    if (file !== undefined) return file.bytes;
  } catch (error) {
    if (error instanceof HearthError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file",
      EACCES: "no permission to read it",
    };
    throw invalid(shown, reasons[code ?? ""] ?? `the system reports ${code ?? "a failure"}`, error);
  }
  throw invalid(shown, "it is not a regular file");
}

function decode(bytes: Uint8Array, shown: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid(shown, "it is not UTF-8 text", error);
  }
}

function invalid(shown: string, reason: string, cause?: unknown): HearthError {
  return new HearthError("config-invalid", `The config ${shown} can't be read: ${reason}`, { cause });
}
