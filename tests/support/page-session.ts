import { createHmac, randomBytes } from "node:crypto";
import type { TestServer } from "./server.ts";

/** The bearer token that a page with this secret makes, by the page's own rules; the server's proof is checked. */
export async function pageToken(server: TestServer, secret: string): Promise<string> {
  const { host } = new URL(server.url);
  const hmac = (...lines: readonly string[]) =>
    createHmac("sha256", secret).update(lines.join("\n")).digest("hex");
  const id = hmac("id").slice(0, 16);
  const nonce = randomBytes(16).toString("hex");
  const response = await server.post("/api/page/challenge", { id, nonce, host });
  if (response.status !== 200) throw new Error(await response.text());
  const { proof, serverNonce } = (await response.json()) as { proof: string; serverNonce: string };
  if (proof !== hmac("server", nonce, serverNonce, host))
    throw new Error("the server did not prove that it has the secret");
  return `hearth-page-${id}.${nonce}.${serverNonce}.${hmac("page", nonce, serverNonce, host)}`;
}
