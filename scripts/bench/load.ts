const CLOSING_BRACE = 0x7d;

/** A request as it is sent: GET, or POST with a JSON body. */
export function rawRequest(port: number, path: string, body?: unknown): string {
  const text = body === undefined ? "" : JSON.stringify(body);
  const length = body === undefined ? "" : `content-length: ${Buffer.byteLength(text)}\r\n`;
  const method = body === undefined ? "GET" : "POST";
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${length}\r\n${text}`;
}

/**
 * Requests a second that a server answers over `connections` kept-alive connections, each sending its next request when
 * the answer to the last has come: a small JSON body, so it has come when a piece ends with `}`.
 *
 * @param requests each connection sends them in turns
 */
export async function requestsPerSecond(
  port: number,
  requests: readonly string[],
  connections: number,
  milliseconds: number,
): Promise<number> {
  let answered = 0;
  let isOver = false;
  const connect = () => {
    let sent = 0;
    return Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data(socket, piece) {
          if (piece[piece.length - 1] !== CLOSING_BRACE || isOver) return;
          answered += 1;
          sent += 1;
          socket.write(requests[sent % requests.length] ?? "");
        },
      },
    });
  };
  const sockets = await Promise.all(Array.from({ length: connections }, connect));
  const started = Bun.nanoseconds();
  for (const socket of sockets) socket.write(requests[0] ?? "");
  await Bun.sleep(milliseconds);
  isOver = true;
  const seconds = (Bun.nanoseconds() - started) / 1e9;
  for (const socket of sockets) socket.end();
  return answered / seconds;
}
