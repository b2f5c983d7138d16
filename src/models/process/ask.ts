import { request } from "node:http";

/** How a server answered: its status; undefined when nobody did in time. */
export interface Asked {
  readonly status: number | undefined;
}

/**
 * Asks a server once and reads nothing but the status. Never rejects.
 *
 * @param body sent by POST as JSON; without one it is a GET
 */
export function ask(url: string, timeoutMs: number, body?: string): Promise<Asked> {
  return new Promise((resolve) => {
    const headers =
      body === undefined
        ? { connection: "close" }
        : {
            connection: "close",
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          };
    // No agent: a kept connection to a server that starts anew would be a dead one.
    const sent = request(url, { agent: false, method: body === undefined ? "GET" : "POST", headers });
    const timer = setTimeout(() => settle(undefined), timeoutMs);
    const settle = (status: number | undefined) => {
      clearTimeout(timer);
      resolve({ status });
      sent.destroy();
    };
    sent.on("response", (response) => {
      response.on("error", () => {});
      settle(response.statusCode);
    });
    sent.on("error", () => settle(undefined));
    sent.end(body);
  });
}
