import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { HearthError } from "../errors.ts";
import { sha256 } from "./hash.ts";
import { ownershipFault } from "./ownership.ts";

/** Far more than any config needs, and little enough to parse. */
const MAX_BYTES = 1024 * 1024;

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
  const fd = openConfig(path, shown);
  try {
    const stat = fstatSync(fd);
    const fault = mustBeOurs
      ? ownershipFault(stat, path)
      : stat.isFile()
        ? undefined
        : "it is not a regular file";
    if (fault !== undefined) throw invalid(shown, fault);
    if (stat.size > MAX_BYTES) throw invalid(shown, `it is larger than ${MAX_BYTES / 1024} KiB`);
    const bytes = readFileSync(fd);
    return { text: decode(bytes, shown), hash: sha256(bytes) };
  } finally {
    closeSync(fd);
  }
}

function openConfig(path: string, shown: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file",
      EACCES: "no permission to read it",
    };
    throw invalid(shown, reasons[code ?? ""] ?? `the system reports ${code ?? "a failure"}`, error);
  }
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
