import { type Context, Hono } from "hono";
import { pageAsset, pageManifest } from "../src/page-assets.ts";
import { HearthError } from "../src/errors.ts";
import { VERSION } from "../src/version.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { hasRight } from "./key-access.ts";

/** Scripts, styles and data come from this server alone; nothing in a text becomes code, nobody frames the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const SHELL_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": POLICY,
  "cache-control": "no-cache",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
};

/** The name changes with the content. */
const ASSET_HEADERS = {
  "cache-control": "public, max-age=31536000, immutable",
  "x-content-type-options": "nosniff",
  vary: "accept-encoding",
};

/**
 * The page for people, its files, and what it asks first.
 *
 * @param hasServer whether there is a server of ours to control
 * @param isProgramsSignIn whether a credential typed into the page is for the embedding program alone
 */
export function pageRoutes(hasServer: boolean, isProgramsSignIn: () => boolean) {
  const signIn = () => (isProgramsSignIn() ? "program" : "server");
  return new Hono<HearthEnv>()
    .get("/", (c) => shell(c, "overview", signIn()))
    .get("/docs", (c) => shell(c, "docs", signIn()))
    .get("/assets/:name", (c) => {
      const asset = pageAsset(c.req.param("name"));
      if (asset === undefined) {
        throw new HearthError("endpoint-unknown", "The page has no such file", {
          hint: "Load the page again.",
        });
      }
      const isPacked = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
      return c.body(isPacked ? asset.packed : asset.bytes, 200, {
        ...ASSET_HEADERS,
        "content-type": asset.type,
        ...(isPacked ? { "content-encoding": "gzip" } : {}),
      });
    })
    .get("/api/page/access", (c) => {
      const { access } = contextOf(c);
      return c.json({
        status: "success" as const,
        version: VERSION,
        // What the caller may do, so that the page shows nothing that would be refused.
        control: hasRight(access, "admin"),
        admin: access.seesOutput,
        isPage: access.isPage === true,
        server: hasServer,
      });
    });
}

function shell(c: Context<HearthEnv>, view: "overview" | "docs", signIn: "program" | "server"): Response {
  const { script, style } = pageManifest();
  const base = attribute(contextOf(c).prefix);
  // `data-` attributes rather than a script: the policy lets none stand in the text.
  return c.body(
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>hearth</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/assets/${style}">
<script type="module" src="${base}/assets/${script}"></script>
</head>
<body data-base="${base}" data-view="${view}" data-sign-in="${signIn}"><div id="page"></div><noscript>This page needs JavaScript; the API does not: <a href="${base}/openapi.json">openapi.json</a>.</noscript></body>
</html>
`,
    200,
    SHELL_HEADERS,
  );
}

/** A text as it may stand between double quotes. */
function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
