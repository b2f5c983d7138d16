import { HearthError } from "../src/errors.ts";

/** What the key that a caller sent lets them do; without any key in force, and for the owner, everything. */
export interface KeyAccess {
  /** Names of models; undefined: all. */
  readonly models: readonly string[] | undefined;
  /** The models' logs too. */
  readonly isAdmin: boolean;
  /** Everything that the owner may do with the server; files stay a guest's. */
  readonly mayControl: boolean;
  /** It was given to a page of ours, whose secret means nothing to anybody else. */
  readonly isPage?: boolean;
}

export const FULL_ACCESS: KeyAccess = { models: undefined, isAdmin: true, mayControl: false };

/** Of a page that the owner signed in. */
export const PAGE_ACCESS: KeyAccess = { models: undefined, isAdmin: true, mayControl: true, isPage: true };

/** True when the key is good for this model. */
export function mayUse({ models }: KeyAccess, id: string): boolean {
  return models === undefined || models.includes(id);
}

/** Throws `unauthorized` for a key that is not marked `admin`. */
export function needAdmin({ isAdmin }: KeyAccess): void {
  if (isAdmin) return;
  throw new HearthError("unauthorized", "This key may not do that", {
    hint: "Use the token, or a key with `admin: true` in apiKeys.",
  });
}
