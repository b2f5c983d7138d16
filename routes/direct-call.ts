import { HearthError } from "../src/errors.ts";
import type { HeaderOf } from "./admission.ts";

/**
 * Throws `origin-refused` for a request that a browser makes by itself: a link, an address that is typed, a redirect, an
 * image, a form, a prefetch. Endpoints that change something by GET are for programs and for scripts of allowed origins.
 *
 * A browser says `none` of an address that was typed, but also where a redirect from another site ends, so that is no
 * proof of anybody's wish.
 */
export function needDirectCall(header: HeaderOf): void {
  if (isPrefetch(header) || (isFromBrowser(header) ? !isScripts(header) : looksLikePage(header))) {
    throw new HearthError("origin-refused", "Links, forms and images of a browser can't do this", {
      hint: "Call it from a program, such as curl, or by fetch() in a page of an allowed origin.",
    });
  }
}

function isPrefetch(header: HeaderOf): boolean {
  return header("purpose") !== null || header("sec-purpose") !== null || header("x-moz") === "prefetch";
}

function isFromBrowser(header: HeaderOf): boolean {
  return header("sec-fetch-site") !== null || header("sec-fetch-mode") !== null;
}

/** `fetch()` in a page of this server, or of an origin that was let in: `admit` has looked at that. */
function isScripts(header: HeaderOf): boolean {
  const isData = (header("sec-fetch-dest") ?? "empty") === "empty";
  const mode = header("sec-fetch-mode");
  const isFetch = mode === "cors" || mode === "same-origin" || mode === null;
  return isData && isFetch && (header("sec-fetch-site") === "same-origin" || header("origin") !== null);
}

/** Browsers leave the `Sec-Fetch` headers out for addresses by plain HTTP beyond this machine. */
function looksLikePage(header: HeaderOf): boolean {
  if (header("upgrade-insecure-requests") !== null) return true;
  if (/\btext\/html\b|\bimage\//i.test(header("accept") ?? "")) return true;
  const referer = header("referer");
  return referer !== null && URL.parse(referer)?.host !== header("host");
}
