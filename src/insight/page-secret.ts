/** What a page's secrets and tokens begin with, so that they are told from a server's token or key at a glance. */
export const PAGE_PREFIX = "hearth-page-";

/** True for a secret that a sign-in gave. */
export function isPageSecret(text: string): boolean {
  return /^hearth-page-[0-9a-f]{32}$/.test(text);
}
