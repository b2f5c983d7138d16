import { HearthError } from "../src/errors.ts";
import type { ApiKey } from "../src/models/config/types.ts";
import type { PageAccess } from "../src/insight/page-access.ts";
import { PAGE_PREFIX } from "../src/insight/page-secret.ts";
import type { PeerUser } from "../src/runtime/peer/types.ts";
import { ENDPOINTS } from "./endpoints.ts";
import {
  GUEST_ACCESS,
  type KeyAccess,
  NO_ACCESS,
  PAGE_ACCESS,
  SHARED_GUEST_ACCESS,
  TOKEN_ACCESS,
} from "./key-access.ts";
import { isAssetPath, PAGE_PATHS } from "./page-paths.ts";

/** Whose requests are let in by TCP, or through somebody's app. */
export interface AdmissionPolicy {
  /** Names accepted in `Host` beside the loopback names; undefined: `Host` is not checked (embedded). */
  readonly allowedHosts: readonly string[] | undefined;
  readonly allowedOrigins: readonly string[];
  readonly token: string | undefined;
  /** Keys, one of which a caller must send where there is any. */
  readonly apiKeys: readonly ApiKey[];
  /** How pages sign in. */
  readonly pages: PageAccess;
  /** Whether processes of other users of this machine may connect, where neither token nor keys are asked for. */
  readonly otherUsers: boolean;
  /** A token or key is needed even where there is none: the last one was revoked. */
  readonly mustAuthenticate?: boolean;
}

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Paths that need no token and hold no data. */
const OPEN_PATHS: ReadonlySet<string> = new Set(
  ENDPOINTS.filter(({ right }) => right === "anyone").map(({ path }) => path),
);

/** True for paths that are answered without a token. */
export function isOpenPath(path: string): boolean {
  return OPEN_PATHS.has(path) || isAssetPath(path);
}

/** A header of the request by its lower-case name, or null. */
export type HeaderOf = (name: string) => string | null;

/**
 * Refuses what must not come in: a foreign `Host` (DNS rebinding), a foreign `Origin` or a cross-site request of a
 * browser, a missing or wrong token or key. Gives what the key allows; `needRight` compares that with what the endpoint
 * needs. Throws `host-refused`, `origin-refused` or `unauthorized`.
 */
export function admit(method: string, path: string, header: HeaderOf, policy: AdmissionPolicy): KeyAccess {
  const host = header("host") ?? "";
  if (policy.allowedHosts !== undefined) checkHost(host, policy.allowedHosts);
  const origin = header("origin");
  const site = header("sec-fetch-site");
  if (origin !== null) checkOrigin(origin, host, policy);
  else if (site === "cross-site" || site === "same-site") checkNavigation(method, path, header);
  const { apiKeys, mustAuthenticate = false, token } = policy;
  if (header("authorization")?.includes(PAGE_PREFIX) === true) return accessOfPage(header, host, policy);
  if (token === undefined && apiKeys.length === 0 && !mustAuthenticate) {
    return policy.otherUsers ? SHARED_GUEST_ACCESS : GUEST_ACCESS;
  }
  if (isOpenPath(path)) return NO_ACCESS;
  return accessOf(header, token, apiKeys);
}

/**
 * Refuses other users of this machine, where no token and no key tells callers apart. It comes before all else: even
 * open paths would say what runs here. Throws `other-user`, also for a peer that the system does not name.
 */
export function checkPeer(peer: () => PeerUser, policy: AdmissionPolicy): void {
  if (policy.otherUsers || policy.token !== undefined || policy.apiKeys.length > 0) return;
  const user = peer();
  if (user === "same-user") return;
  const message =
    user === "other-user"
      ? "This server answers only programs of the user that runs it"
      : "This server answers only programs of the user that runs it, and the system does not say whose this connection is";
  throw new HearthError("other-user", message, {
    hint: "Set a token, or `otherUsers: true` in the config of the server.",
  });
}

function accessOfPage(header: HeaderOf, host: string, policy: AdmissionPolicy): KeyAccess {
  const { apiKeys, pages, token } = policy;
  const holder = pages.holderOf(keyIn(header), host, keysOf(token, apiKeys));
  if (holder.kind === "owner") return PAGE_ACCESS;
  return { ...accessOfKey(holder.key, token, apiKeys), isPage: true };
}

/** The token and the keys, as texts. */
export function keysOf(token: string | undefined, apiKeys: readonly ApiKey[]): readonly string[] {
  return [...(token === undefined ? [] : [token]), ...apiKeys.map(({ key }) => key)];
}

/** Throws `unauthorized` for a text that is none of the token and the keys. */
export function checkKey(given: string, keys: readonly string[]): void {
  // All are compared, so that the time tells nothing of which one it was.
  if (keys.filter((key) => isEqualInConstantTime(given, key)).length > 0) return;
  throw new HearthError("unauthorized", "This is not the token or a key of this server", {
    hint: "Run `hearth open` on the server's machine to sign in as its owner.",
  });
}

/** True when the origin may read answers, so that they carry the CORS header for it. */
export function isAllowedOrigin(origin: string | null, policy: AdmissionPolicy): origin is string {
  return origin !== null && policy.allowedOrigins.includes(origin);
}

function checkHost(host: string, allowed: readonly string[]): void {
  if (LOOPBACK_HOST.test(host)) return;
  const name = host.toLowerCase();
  const bare = name.replace(/:\d{1,5}$/, "");
  if (allowed.some((entry) => entry.toLowerCase() === name || entry.toLowerCase() === bare)) return;
  throw new HearthError("host-refused", `The host name "${host.slice(0, 100)}" is not one of this server's`, {
    hint: "Use 127.0.0.1 or localhost, or add the name to allowedHosts.",
  });
}

function checkOrigin(origin: string, host: string, policy: AdmissionPolicy): void {
  if (policy.allowedOrigins.includes(origin)) return;
  // Same origin: a page that this very server delivered. Behind plain HTTP the scheme is known.
  if (origin === `http://${host}` && host !== "") return;
  throw new HearthError("origin-refused", `Requests from pages of ${origin.slice(0, 100)} are refused`, {
    hint: "Add the origin (scheme, host and port) to allowedOrigins if you trust it.",
  });
}

/** A browser's request from elsewhere without an `Origin`: only opening the page itself is let through. */
function checkNavigation(method: string, path: string, header: HeaderOf): void {
  const opensPage = method === "GET" && PAGE_PATHS.has(path) && header("sec-fetch-dest") === "document";
  if (opensPage) return;
  throw new HearthError("origin-refused", "Requests that another site's page makes are refused", {
    hint: "Open the address yourself, or add the page's origin to allowedOrigins.",
  });
}

/** By the token, or by one of the keys as OpenAI's, Anthropic's and plain HTTP clients send them. */
function accessOf(header: HeaderOf, token: string | undefined, apiKeys: readonly ApiKey[]): KeyAccess {
  return accessOfKey(keyIn(header), token, apiKeys);
}

function accessOfKey(given: string, token: string | undefined, apiKeys: readonly ApiKey[]): KeyAccess {
  if (token !== undefined && isEqualInConstantTime(given, token)) return TOKEN_ACCESS;
  // All are compared, so that the time tells nothing of which one it was.
  const [matching] = apiKeys.filter(({ key }) => isEqualInConstantTime(given, key));
  if (matching !== undefined) return accessOfEntry(matching);
  const what = apiKeys.length === 0 && token !== undefined ? "token" : "key";
  throw new HearthError(
    "unauthorized",
    given === "" ? `This server wants a ${what}` : `The ${what} is wrong`,
    { hint: `Send the header: Authorization: Bearer ${what.toUpperCase()}` },
  );
}

/** Loaded with the first key that is used: a start needs it for nothing. */
function hashOf(key: string): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(key).digest("hex");
}

/** Made once for each key: its name for the holder costs a hash. */
const ACCESS_OF_KEYS = new WeakMap<ApiKey, KeyAccess>();

function accessOfEntry(apiKey: ApiKey): KeyAccess {
  const known = ACCESS_OF_KEYS.get(apiKey);
  if (known !== undefined) return known;
  const { isAdmin, key, models } = apiKey;
  const made: KeyAccess = {
    right: isAdmin ? "admin" : models === undefined ? "guest" : "model",
    models,
    seesOutput: isAdmin,
    // Written beside sessions, where the key itself must not be.
    holder: `key-${hashOf(key).slice(0, 16)}`,
  };
  ACCESS_OF_KEYS.set(apiKey, made);
  return made;
}

function keyIn(header: HeaderOf): string {
  const authorization = header("authorization") ?? "";
  const [, scheme = "", value = ""] = /^(Bearer|Basic) +(.+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() === "basic") return passwordIn(value);
  return header("x-api-key") ?? "";
}

/** The password of RFC 7617; the user's name is anything. */
function passwordIn(encoded: string): string {
  try {
    const text = atob(encoded);
    return text.slice(text.indexOf(":") + 1);
  } catch {
    return "";
  }
}

/** Compares without telling by its duration how much of the secret was right. */
function isEqualInConstantTime(given: string, secret: string): boolean {
  const encoder = new TextEncoder();
  const left = encoder.encode(given);
  const right = encoder.encode(secret);
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ (right[i % right.length] ?? 0);
  return difference === 0;
}
