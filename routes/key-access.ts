/**
 * What a caller may do, from the least to the most; each right includes those before it.
 *
 * - `anyone`: needs no token and no key; holds no data
 * - `model`: a key with `models`, for these models only
 * - `guest`: a program of this user, or the holder of the token or of a key without `models`
 * - `admin`: a key marked `admin`, or a page that the owner signed in
 * - `owner`: the user's own command line, by the instance's socket
 */
export type Right = "anyone" | "model" | "guest" | "admin" | "owner";

const RANKS: Readonly<Record<Right, number>> = { anyone: 0, model: 1, guest: 2, admin: 3, owner: 4 };

/** What a caller may do, by the key that it sent or by who it is. */
export interface KeyAccess {
  readonly right: Right;
  /** Ids of the only models that the key is for; undefined: all. */
  readonly models: readonly string[] | undefined;
  /** What models' servers print, also in the reasons of failures. */
  readonly seesOutput: boolean;
  /** Whose key it is: sessions belong to it. Undefined: no key is in force. */
  readonly holder: string | undefined;
  /** It was given to a page of ours, whose secret means nothing to anybody else. */
  readonly isPage?: boolean;
}

/** Nobody who is known: what needs no key. */
export const NO_ACCESS: KeyAccess = access("anyone", false);

/** A guest where neither a token nor a key is in force. */
export const GUEST_ACCESS: KeyAccess = access("guest", true);

/** The same where other users, or those that a program lets in, may be guests. */
export const SHARED_GUEST_ACCESS: KeyAccess = access("guest", false);

/** The holder of the token. */
export const TOKEN_ACCESS: KeyAccess = { ...access("guest", false), holder: "token" };

/** Of a page that the owner signed in. */
export const PAGE_ACCESS: KeyAccess = { ...access("admin", true), holder: "page", isPage: true };

export const OWNER_ACCESS: KeyAccess = access("owner", true);

function access(right: Right, seesOutput: boolean): KeyAccess {
  return { right, models: undefined, seesOutput, holder: undefined };
}

/** True when a caller has this right. */
export function hasRight({ right }: KeyAccess, needed: Right): boolean {
  return RANKS[right] >= RANKS[needed];
}

/** True when the key is good for this model. @param id as `rightsNameOf` gives it */
export function mayUse({ models }: KeyAccess, id: string): boolean {
  return models === undefined || models.includes(id);
}

/** The strictest of some rights. */
export function strictest(rights: readonly Right[]): Right {
  return rights.reduce((most, right) => (RANKS[right] > RANKS[most] ? right : most), "anyone");
}
