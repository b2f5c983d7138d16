import type { Environment } from "../../config/folders.ts";
import { HearthError } from "../../errors.ts";

/** The npm package that new versions are announced as. */
export const PACKAGE = "hearthd";

const DEFAULT_REGISTRY = "https://registry.npmjs.org/";
/** npm's short form of a package's page, which is all that is needed; a registry may answer the long one. */
const ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";
/** Timers of a month and more end at once. */
const LONGEST_SECONDS = 86_400;
/** Far above any real page. */
const LIMIT_BYTES = 32 * 1024 * 1024;

/**
 * The registry to ask: what the flag says, else npm's own variable, else npm's public one.
 *
 * @throws HearthError `usage` for what is no address of one
 */
export function registryUrl(flag: string | undefined, env: Environment): URL {
  const text = flag ?? (env["npm_config_registry"] || env["NPM_CONFIG_REGISTRY"] || DEFAULT_REGISTRY);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new HearthError("usage", `A registry is an address such as ${DEFAULT_REGISTRY}, not "${text}"`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new HearthError("usage", "The address of a registry must not hold a password", {
      hint: "New versions can be asked for without one: name the public address with --registry.",
    });
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/**
 * The versions that a registry announces, by tag (`latest`, `next`). Nothing is sent but the package's name.
 *
 * @throws HearthError `registry-unreachable` when it can't be asked, or answers something else
 */
export async function askDistTags(registry: URL, timeoutSeconds: number): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(Math.min(timeoutSeconds, LONGEST_SECONDS) * 1000);
  const page = await fetchPage(registry, signal).catch((cause: unknown) => {
    if (cause instanceof HearthError) throw cause;
    const reason = signal.aborted ? `did not answer within ${timeoutSeconds} s` : "can't be reached";
    throw unreachable(registry, reason, cause);
  });
  const tags = page === undefined ? undefined : (page as { "dist-tags"?: unknown })["dist-tags"];
  if (typeof tags !== "object" || tags === null) {
    throw unreachable(registry, "answered something that is no list of versions");
  }
  return tags as Record<string, unknown>;
}

async function fetchPage(registry: URL, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(new URL(PACKAGE, registry), { headers: { accept: ACCEPT }, signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw unreachable(registry, statusText(response.status));
  }
  const text = await readLimited(response);
  try {
    const page: unknown = JSON.parse(text);
    return typeof page === "object" && page !== null ? page : undefined;
  } catch {
    return undefined;
  }
}

async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > LIMIT_BYTES) return "";
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function statusText(status: number): string {
  if (status === 404) return `knows no package ${PACKAGE}`;
  if (status === 401 || status === 403) return `wants a login (${status})`;
  return `answered with status ${status}`;
}

function unreachable(registry: URL, reason: string, cause?: unknown): HearthError {
  return new HearthError("registry-unreachable", `The registry ${registry.href} ${reason}`, {
    hint: "Nothing was changed. Another one is asked by --registry URL, or with npm_config_registry.",
    cause,
  });
}
