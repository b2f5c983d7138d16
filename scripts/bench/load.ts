const CLOSING_BRACE = 0x7d;

/**
 * Requests a second that a server answers over `connections` kept-alive connections, each sending its next request when
 * the answer to the last has come: a small JSON body, so it has come when a piece ends with `}`.
 */
export async function requestsPerSecond(
  port: number,
  path: string,
  connections: number,
  milliseconds: number,
): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`;
  let answered = 0;
  let isOver = false;
  const connect = () =>
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data(socket, piece) {
          if (piece[piece.length - 1] !== CLOSING_BRACE || isOver) return;
          answered += 1;
          socket.write(request);
        },
      },
    });
  const sockets = await Promise.all(Array.from({ length: connections }, connect));
  const started = Bun.nanoseconds();
  for (const socket of sockets) socket.write(request);
  await Bun.sleep(milliseconds);
  isOver = true;
  const seconds = (Bun.nanoseconds() - started) / 1e9;
  for (const socket of sockets) socket.end();
  return answered / seconds;
}
