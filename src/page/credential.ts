import { BASE } from "./base.ts";

/** Another hearth on the same origin, under another prefix, has its own. */
const KEY = `hearth:${BASE}`;

/** The secret of a sign-in, or what an embedding program wants to see. For this tab alone. */
export function credential(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** Keeps it; undefined forgets it. */
export function keepCredential(value: string | undefined): void {
  if (value === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, value);
}
