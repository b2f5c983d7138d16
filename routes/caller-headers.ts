import type { OwnerCaller } from "../src/access/caller.ts";

/**
 * The owner as the client describes its caller (docs/architecture.md lists the headers). What is absent or broken is
 * left out: the owner can only mislead themselves.
 *
 * @param fallback folder that relative paths start from when the client does not say
 */
export function ownerOf(headers: Headers, fallback: string): OwnerCaller {
  const directory = decoded(headers.get("x-hearth-directory"));
  const umask = Number.parseInt(headers.get("x-hearth-umask") ?? "", 8);
  return {
    kind: "owner",
    directory: directory?.startsWith("/") === true ? directory : fallback,
    environment: variables(decoded(headers.get("x-hearth-environment"))),
    timeZone: headers.get("x-hearth-time-zone") ?? undefined,
    umask: Number.isInteger(umask) && umask >= 0 && umask <= 0o777 ? umask : undefined,
  };
}

function decoded(value: string | null): string | undefined {
  if (value === null) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function variables(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return {};
    const pairs = Object.entries(parsed).filter(
      (pair): pair is [string, string] => typeof pair[1] === "string",
    );
    return Object.fromEntries(pairs);
  } catch {
    return {};
  }
}
