const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * True for a `Host` that names the port this server holds on loopback, or that is in `allowedHosts`. Another port may
 * belong to a program that passes a page's challenge on.
 *
 * @param port undefined: no port is known, as in an embedding program, whose addresses are its own business
 */
export function isOwnAddress(
  host: string,
  port: number | undefined,
  allowedHosts: readonly string[],
): boolean {
  const [, name = "", written] = /^(.*?)(?::(\d{1,5}))?$/.exec(host.toLowerCase()) ?? [];
  if (allowedHosts.some((entry) => [host.toLowerCase(), name].includes(entry.toLowerCase()))) return true;
  return port === undefined || (LOOPBACK_HOST.test(name) && Number(written ?? 80) === port);
}
