import type * as NodeCrypto from "node:crypto";
import { PAGE_PREFIX } from "./page-secret.ts";

/** Milliseconds for which a page's token is good; the page asks for another before it ends. */
const TOKEN_MS = 10 * 60_000;

/** What a page asks before it trusts a server with anything. */
export interface PageQuestion {
  /** Which secret the page has; the secret itself stays there. */
  readonly id: string;
  /** 128 random bits of the page in hex. */
  readonly nonce: string;
  /** `location.host` of the page. */
  readonly host: string;
}

/** What proves that the server has the page's secret. */
export interface PageProof {
  /** The server's part: until when, random bits, and what only this process can have made, between dots. */
  readonly serverNonce: string;
  /** HMAC-SHA-256 under the secret, in hex. */
  readonly proof: string;
}

/** A page's token, taken apart. */
export interface PageToken extends PageQuestion {
  readonly serverNonce: string;
  readonly mac: string;
}

const TOKEN = new RegExp(
  `^${PAGE_PREFIX}([0-9a-f]{16})\\.([0-9a-f]{32})\\.(\\d+\\.[0-9a-f]{32}\\.[0-9a-f]{64})\\.([0-9a-f]{64})$`,
);

/** The parts of a token for this `Host`; undefined for anything else. */
export function parsePageToken(text: string, host: string): PageToken | undefined {
  const [, id, nonce, serverNonce, mac] = TOKEN.exec(text) ?? [];
  if (id === undefined || nonce === undefined || serverNonce === undefined || mac === undefined)
    return undefined;
  return { id, nonce, host, serverNonce, mac };
}

/**
 * The server's half of the handshake with a page, whose other half is `src/page/session.ts`. Both prove that they have the
 * secret by an HMAC over the nonces and the address; the secret never travels. A token is good for this process and this
 * address alone: one that another program caught there is worth nothing to it.
 */
export class PageProofs {
  readonly #processKey = randomHex();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  answer(secret: string, question: PageQuestion): PageProof {
    const start = `${this.#now() + TOKEN_MS}.${randomHex()}`;
    const serverNonce = `${start}.${this.#tag(question, start)}`;
    return { serverNonce, proof: hmac(secret, "server", question.nonce, serverNonce, question.host) };
  }

  /** True for a token that a page made of this secret and an answer of this process, and that is still good. */
  isGood(secret: string, token: PageToken): boolean {
    const { host, mac, nonce, serverNonce } = token;
    const end = serverNonce.lastIndexOf(".");
    const start = serverNonce.slice(0, end);
    const isOurs = isSame(serverNonce.slice(end + 1), this.#tag(token, start));
    const isRight = isSame(mac, hmac(secret, "page", nonce, serverNonce, host));
    return isOurs && isRight && Number.parseInt(start) > this.#now();
  }

  #tag({ host, id, nonce }: PageQuestion, start: string): string {
    return hmac(this.#processKey, "tag", id, nonce, start, host);
  }
}

/** Loaded when the first page signs in: no other request needs it. */
function nodeCrypto(): typeof NodeCrypto {
  return process.getBuiltinModule("node:crypto");
}

/** By what a page names its secret without giving it away. */
export function secretId(secret: string): string {
  return hmac(secret, "id").slice(0, 16);
}

/** HMAC-SHA-256 over the parts, each on a line, in hex. No part has a line break. */
export function hmac(key: string, ...parts: readonly string[]): string {
  return nodeCrypto().createHmac("sha256", key).update(parts.join("\n")).digest("hex");
}

function isSame(left: string, right: string): boolean {
  return left.length === right.length && nodeCrypto().timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

/** 128 random bits in hex. */
export function randomHex(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex");
}
