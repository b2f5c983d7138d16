import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Expectation } from "./suite.ts";

/** A short name for a value: the same for equal values, whatever the order of their keys. */
export function fingerprint(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(value)) ?? "")
    .digest("hex")
    .slice(0, 32);
}

/**
 * The fingerprint of what answers are held against: what the suite says, and the code of the modules that it names.
 *
 * @param folder that of the suite's file
 */
export function expectationsFingerprint(expect: readonly Expectation[], folder: string): string {
  const modules = expect.flatMap((one) => (one.type === "module" ? codeOf(resolve(folder, one.path)) : []));
  return fingerprint([expect, modules]);
}

/** A module that can't be read is not run either: its scorer says so. */
function codeOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
