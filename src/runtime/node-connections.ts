import type { Server } from "node:http";
import type { Socket } from "node:net";

/** What Node hangs on a connection while an answer is on its way, until its last byte was given to the system. */
interface HttpSocket extends Socket {
  readonly _httpMessage?: object | null;
}

/**
 * Replaces the server's `closeIdleConnections`, which its `close` calls too: Node's own also destroys connections whose
 * answer has been ended but not yet sent, so a slow reader gets a part of it (Node 24). A connection that has not sent a
 * byte is left alone: its request may be under way.
 */
export function closeOnlyIdleConnections(server: Server): void {
  const sockets = new Set<HttpSocket>();
  server.on("connection", (socket: HttpSocket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.closeIdleConnections = () => {
    for (const socket of sockets) {
      const isAnswering = socket._httpMessage !== null && socket._httpMessage !== undefined;
      if (!isAnswering && socket.bytesRead > 0) socket.destroy();
    }
  };
}
