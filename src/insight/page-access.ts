import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { HearthError } from "../errors.ts";

/** What a page's secret begins with, so that it is told from a token or a key at a glance. */
export const PAGE_SECRET_PREFIX = "hearth-page-";

/** Milliseconds in which a link must be opened. */
const LINK_MS = 60_000;

/**
 * How a page in the browser becomes the owner's: the owner asks for a code by the socket, the page gives it back once, and
 * gets a secret for it. The secret outlives the server, so that a page goes on after an idle server came back.
 */
export class PageAccess {
  readonly #path: string;
  readonly #now: () => number;
  readonly #codes = new Map<string, { readonly untilMs: number; isUsed: boolean }>();
  #secret: string | undefined;
  #wasRead = false;

  /** @param path file of the secret, in a folder of the owner's alone */
  constructor(path: string, now: () => number = Date.now) {
    this.#path = path;
    this.#now = now;
  }

  /** The secret of signed-in pages; undefined: none ever signed in. */
  get secret(): string | undefined {
    if (!this.#wasRead) {
      this.#wasRead = true;
      this.#secret = readSecret(this.#path);
    }
    return this.#secret;
  }

  /** A code for one sign-in within a minute. */
  createCode(): string {
    for (const [code, { untilMs }] of this.#codes) if (untilMs < this.#now()) this.#codes.delete(code);
    const code = randomText();
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

  /** Ends the sign-in of all pages. */
  signOut(): void {
    this.#renew();
  }

  #renew(): string {
    const secret = PAGE_SECRET_PREFIX + randomText();
    writeFileSync(`${this.#path}.new`, secret, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#wasRead = true;
    this.#secret = secret;
    return secret;
  }
}

function readSecret(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return text.startsWith(PAGE_SECRET_PREFIX) ? text : undefined;
  } catch {
    return undefined; // nobody signed in yet
  }
}

/** 128 random bits in hex. */
function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

function refused(message: string): HearthError {
  return new HearthError("unauthorized", message, { hint: "Run `hearth open` for a new one." });
}
