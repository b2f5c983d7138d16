/** Where guests come in: a URL, the Unix socket where there is no TCP, or what stands for neither. */
export function addressText(server: {
  readonly host: string;
  readonly port: number | undefined;
  readonly guestSocketPath?: string | undefined;
}): string {
  const { guestSocketPath, host, port } = server;
  if (port !== undefined) return tcpUrl(host, port);
  return guestSocketPath === undefined ? "the owner's socket alone" : `the Unix socket ${guestSocketPath}`;
}

/** The URL of a TCP address. */
export function tcpUrl(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
