import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { stateFault } from "../config/state-fault.ts";
import { HearthError } from "../errors.ts";
import {
  hmac,
  type PageProof,
  PageProofs,
  type PageQuestion,
  parsePageToken,
  randomHex,
  secretId,
} from "./page-proof.ts";
import { isPageSecret, PAGE_PREFIX } from "./page-secret.ts";

/** Milliseconds in which a link must be opened. */
const LINK_MS = 60_000;

/** Whose page it is: the owner's, or that of the holder of this token or key. */
export type PageHolder = { readonly kind: "owner" } | { readonly kind: "key"; readonly key: string };

/**
 * How a page in the browser signs in: the owner asks for a code by the socket, the page gives it back once, and gets a
 * secret for it; or the page sends a token or key once, and gets a secret that stands for it. The secret outlives the
 * server, so that a page goes on after an idle server came back. It never travels again: see `PageProofs`.
 */
export class PageAccess {
  readonly #path: string | undefined;
  readonly #now: () => number;
  readonly #codes = new Map<string, { readonly untilMs: number; isUsed: boolean }>();
  readonly #proofs: PageProofs;
  #secret: string | undefined;
  #wasRead = false;

  /** @param path file of the secret, in a folder of the owner's alone; undefined: the secret ends with this object */
  constructor(path: string | undefined, now: () => number = Date.now) {
    this.#path = path;
    this.#now = now;
    this.#proofs = new PageProofs(now);
  }

  /** The secret of signed-in pages; undefined: none ever signed in. */
  get secret(): string | undefined {
    if (!this.#wasRead) {
      this.#wasRead = true;
      if (this.#path !== undefined) this.#secret = readSecret(this.#path);
    }
    return this.#secret;
  }

  /** A code for one sign-in within a minute. */
  createCode(): string {
    for (const [code, { untilMs }] of this.#codes) if (untilMs < this.#now()) this.#codes.delete(code);
    const code = randomHex();
    this.#codes.set(code, { untilMs: this.#now() + LINK_MS, isUsed: false });
    return code;
  }

  /**
   * The secret, for a code. One that comes twice has been seen by somebody else, who may have been first: nobody stays
   * signed in (RFC 6749, 4.1.2, has the same rule). Throws `unauthorized`.
   */
  redeem(code: string): string {
    const known = this.#codes.get(code);
    if (known === undefined || known.untilMs < this.#now()) {
      throw refused("This link is no longer good: it opens a page once, within a minute");
    }
    if (known.isUsed) {
      this.signOut();
      throw refused("This link was opened before; all pages are signed out now");
    }
    known.isUsed = true;
    return this.secret ?? this.#renew();
  }

  /** The secret of a page that showed this token or key, which its caller has checked. */
  secretOf(key: string): string {
    const own = this.secret ?? this.#renew();
    return PAGE_PREFIX + hmac(own, "secret", key).slice(0, 32);
  }

  /**
   * Proves to a page that this server has its secret. Throws `unauthorized` when it has not, such as after a sign-out.
   *
   * @param keys the tokens and keys that are good now
   */
  prove(question: PageQuestion, keys: readonly string[]): PageProof {
    const [secret] = this.#find(question.id, keys) ?? [];
    if (secret === undefined) throw signedOut();
    return this.#proofs.answer(secret, question);
  }

  /**
   * Whose page sent a request with this bearer token to this `Host`. Throws `unauthorized` for one that is not good, or no
   * longer.
   *
   * @param keys the tokens and keys that are good now
   */
  holderOf(bearer: string, host: string, keys: readonly string[]): PageHolder {
    const token = parsePageToken(bearer, host);
    const [secret, holder] = (token && this.#find(token.id, keys)) ?? [];
    if (token === undefined || secret === undefined || holder === undefined) throw signedOut();
    if (!this.#proofs.isGood(secret, token)) throw signedOut();
    return holder;
  }

  /** The secret with this id, and whose it is. */
  #find(id: string, keys: readonly string[]): readonly [string, PageHolder] | undefined {
    const own = this.secret;
    if (own === undefined) return undefined;
    if (secretId(own) === id) return [own, { kind: "owner" }];
    const key = keys.find((one) => secretId(this.secretOf(one)) === id);
    return key === undefined ? undefined : [this.secretOf(key), { kind: "key", key }];
  }

  /** Ends the sign-in of all pages. */
  signOut(): void {
    this.#renew();
  }

  #renew(): string {
    const secret = PAGE_PREFIX + randomHex();
    if (this.#path !== undefined) keepSecret(this.#path, secret);
    this.#wasRead = true;
    this.#secret = secret;
    return secret;
  }
}

/** Throws `state-unusable` or `disk-full`: a page that could not be kept signed in is not signed in at all. */
function keepSecret(path: string, secret: string): void {
  try {
    writeFileSync(`${path}.new`, secret, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    removeQuietly(`${path}.new`);
    throw stateFault("The sign-in of pages could not be kept", error);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // what could not be written may not be removable either
  }
}

function readSecret(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return isPageSecret(text) ? text : undefined;
  } catch {
    return undefined; // nobody signed in yet
  }
}

function refused(message: string): HearthError {
  return new HearthError("unauthorized", message, { hint: "Run `hearth open` for a new one." });
}

function signedOut(): HearthError {
  return new HearthError("unauthorized", "This page is no longer signed in", { hint: "Run `hearth open`." });
}
