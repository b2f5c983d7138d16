import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { isPageSecret, PAGE_PREFIX } from "../insight/page-secret.ts";
import { BASE } from "./base.ts";
import { credential } from "./credential.ts";

/** Another program answers at the address of this page. */
export class StrangerError extends Error {
  override readonly name = "StrangerError";

  constructor() {
    super("Another program answers at this address. Your sign-in was not sent to it.");
  }
}

/** Milliseconds before its end at which a token is replaced. */
const EARLY_MS = 60_000;

interface Session {
  readonly secret: string;
  readonly token: string;
  readonly untilMs: number;
}

let session: Session | undefined;
let beginning: Promise<Session> | undefined;

/**
 * The bearer token for the next request; undefined where nobody signed in. The server first proves that it has this page's
 * secret: see `PageProofs`. Throws `StrangerError` where it does not, `ChallengeRefused` where it says no.
 */
export async function bearer(): Promise<string | undefined> {
  const secret = credential();
  // Mounted in a program that decides by itself who is asking, a credential is that program's own.
  if (secret === undefined || !isPageSecret(secret)) return secret;
  if (session?.secret === secret && session.untilMs > performance.now()) return session.token;
  beginning ??= begin(secret).finally(() => (beginning = undefined));
  session = await beginning;
  return session.token;
}

/** The next request begins with a challenge: the server may be another by now. True where there was a session. */
export function forgetSession(): boolean {
  const wasThere = session !== undefined;
  session = undefined;
  return wasThere;
}

/** The server's refusal of a challenge, for `call` to make an error of. */
export class ChallengeRefused extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super("The challenge was refused");
    this.response = response;
  }
}

async function begin(secret: string): Promise<Session> {
  const nonce = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
  const { host } = location;
  const id = mac(secret, "id").slice(0, 16);
  const response = await fetch(`${BASE}/api/page/challenge`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-hearth-watch": "1" },
    body: JSON.stringify({ id, nonce, host }),
  });
  if (!response.ok) throw new ChallengeRefused(response);
  const { proof, serverNonce } = await proofIn(response);
  if (proof !== mac(secret, "server", nonce, serverNonce, host)) throw new StrangerError();
  const token = `${PAGE_PREFIX}${id}.${nonce}.${serverNonce}.${mac(secret, "page", nonce, serverNonce, host)}`;
  // By the page's own clock: the server's may differ.
  const lastsMs = Number.parseInt(serverNonce) - Date.parse(response.headers.get("date") ?? "");
  const untilMs = performance.now() + (Number.isFinite(lastsMs) ? lastsMs : 2 * EARLY_MS) - EARLY_MS;
  return { secret, token, untilMs };
}

/** A program that is no hearth answers anything. */
async function proofIn(response: Response): Promise<{ proof: string; serverNonce: string }> {
  try {
    const { proof, serverNonce } = (await response.json()) as Record<string, unknown>;
    return { proof: String(proof), serverNonce: String(serverNonce) };
  } catch {
    throw new StrangerError();
  }
}

function mac(secret: string, ...parts: readonly string[]): string {
  return bytesToHex(hmac(sha256, utf8ToBytes(secret), utf8ToBytes(parts.join("\n"))));
}
