import { HearthError } from "../src/errors.ts";

/** Whose requests are let in by TCP, or through somebody's app. */
export interface AdmissionPolicy {
  /** Names accepted in `Host` beside the loopback names; undefined: `Host` is not checked (embedded). */
  readonly allowedHosts: readonly string[] | undefined;
  readonly allowedOrigins: readonly string[];
  readonly token: string | undefined;
}

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Paths that need no token and hold no data. */
const OPEN_PATHS = new Set(["/api/ping", "/api/health"]);

/** A header of the request by its lower-case name, or null. */
export type HeaderOf = (name: string) => string | null;

/**
 * Refuses what must not come in: a foreign `Host` (DNS rebinding), a foreign `Origin` or a cross-site request of a
 * browser, a missing or wrong token. Throws `host-refused`, `origin-refused` or `unauthorized`.
 */
export function admit(method: string, path: string, header: HeaderOf, policy: AdmissionPolicy): void {
  const host = header("host") ?? "";
  if (policy.allowedHosts !== undefined) checkHost(host, policy.allowedHosts);
  const origin = header("origin");
  const site = header("sec-fetch-site");
  if (origin !== null) checkOrigin(origin, host, policy);
  else if (site === "cross-site" || site === "same-site") checkNavigation(method, path, header);
  if (policy.token !== undefined && !OPEN_PATHS.has(path)) checkToken(header("authorization"), policy.token);
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
  const opensPage = method === "GET" && path === "/" && header("sec-fetch-dest") === "document";
  if (opensPage) return;
  throw new HearthError("origin-refused", "Requests that another site's page makes are refused", {
    hint: "Open the address yourself, or add the page's origin to allowedOrigins.",
  });
}

function checkToken(authorization: string | null, token: string): void {
  const given = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  if (isEqualInConstantTime(given, token)) return;
  throw new HearthError("unauthorized", given === "" ? "This server wants a token" : "The token is wrong", {
    hint: "Send the header: Authorization: Bearer TOKEN",
  });
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
