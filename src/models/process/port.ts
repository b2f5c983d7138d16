import { createServer, connect } from "node:net";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;
const CONNECT_MS = 1000;

/** The port that a server of this machine listens on; undefined for one elsewhere. */
export function localPortOf(baseUrl: string): number | undefined {
  const { hostname, port, protocol } = new URL(baseUrl);
  if (!LOOPBACK.test(hostname)) return undefined;
  return Number(port || (protocol === "https:" ? 443 : 80));
}

/** True when somebody listens on a port of this machine, by either family of addresses. */
export async function isTaken(port: number): Promise<boolean> {
  const answers = await Promise.all(["127.0.0.1", "::1"].map((host) => accepts(host, port)));
  return answers.includes(true);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(false), CONNECT_MS);
    socket.on("connect", () => settle(true));
    socket.on("error", () => settle(false));
  });
}

/** A port that is free now: the wished one, else the next above that nobody uses and that is not in `used`. */
export async function freePort(wished: number, used: ReadonlySet<number>): Promise<number> {
  for (let port = wished; port <= 65_535; port += 1) {
    if (!used.has(port) && (await canBind(port)) && !(await isTaken(port))) return port;
  }
  return wished;
}

/** Some servers listen where a connection is refused, such as on another address: binding tells those too. */
function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
