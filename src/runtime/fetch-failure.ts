import { HearthError } from "../errors.ts";

/** Where a request was going: the socket's path, or the URL's origin. For messages. */
export function fetchTarget(socketPath: string | undefined, url: string): string {
  return socketPath ?? new URL(url).origin;
}

/**
 * What a rejected `fetch` means.
 *
 * @param wasRefused whether the runtime says that no connection was made, so that nobody has seen the request
 * @returns what to throw: the signal's reason after an abort, `server-unreachable` or `connection-broken`; the error
 *   itself when it isn't about the connection, such as a bad header name or a body that failed
 */
export function fetchFailure(
  target: string,
  error: unknown,
  wasRefused: boolean,
  signal: AbortSignal | null | undefined,
): unknown {
  if (signal?.aborted) return signal.reason;
  const cause = (error as { cause?: unknown } | null)?.cause;
  if (error instanceof HearthError) return error;
  if (cause instanceof HearthError) return cause;
  if (wasRefused)
    return new HearthError("server-unreachable", `No server answers at ${target}`, { cause: error });
  if (!isAboutConnection(error, cause)) return error;
  return new HearthError("connection-broken", `The connection to ${target} broke before the answer came`, {
    cause: error,
  });
}

// Bun puts a code on the error itself, Node and Deno put the network's error into `cause`; wrong arguments have neither,
// or a code of the language's kind.
function isAboutConnection(error: unknown, cause: unknown): boolean {
  const code =
    (error as { code?: unknown } | null)?.code ?? (cause as { code?: unknown } | null | undefined)?.code;
  if (typeof code === "string") return !code.startsWith("ERR_");
  return cause !== undefined;
}
