let isInstalled = false;

/**
 * Makes Ctrl-C and SIGTERM leave through `process.exit`, with the codes that shells expect, so that what was registered
 * for "exit" (temporary files) is cleaned up. Without it a signal ends the process on the spot, which is right elsewhere.
 */
export function exitOnInterrupt(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
}
