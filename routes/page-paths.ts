/** Where a page's link is exchanged for its secret; the code in the body is what lets in. */
export const SIGN_IN_PATH = "/api/page/sign-in";

/** Where the server proves to a signed-in page that it has the page's secret. */
export const CHALLENGE_PATH = "/api/page/challenge";

/** The page's shell, which has views for people and one for the API's description. */
export const PAGE_PATHS: ReadonlySet<string> = new Set(["/", "/docs"]);

const ASSETS = "/assets/";

/** True for the page's scripts and styles. */
export function isAssetPath(path: string): boolean {
  return path.startsWith(ASSETS);
}
