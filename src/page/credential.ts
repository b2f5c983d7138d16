import { BASE } from "./base.ts";

/** Another hearth on the same origin, under another prefix, has its own. */
const KEY = `hearth:${BASE}`;

/** What the page shows that it may come in: the secret of a sign-in, a token or a key. For this tab alone. */
export function credential(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** Keeps it; undefined forgets it. */
export function keepCredential(value: string | undefined): void {
  if (value === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, value);
}
