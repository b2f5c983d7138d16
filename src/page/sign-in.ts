import { json } from "./api.ts";
import { SIGNS_IN_AT_SERVER } from "./base.ts";
import { keepCredential } from "./credential.ts";

interface SignedIn {
  readonly secret: string;
}

/** Signs in by the code of a link that `hearth open` made. Throws as `call`. */
export async function signInByCode(code: string): Promise<void> {
  keepCredential(undefined);
  keepCredential((await json<SignedIn>("/api/page/sign-in", { body: { code } })).secret);
}

/**
 * Signs in by a token or key, which is sent once; what is kept is a secret that stands for it. Nothing signs out. Where an
 * embedding program decides who is asking, the text is kept as it is. Throws as `call`.
 */
export async function signInBy(key: string): Promise<void> {
  keepCredential(undefined);
  if (key === "") return;
  if (!SIGNS_IN_AT_SERVER) return keepCredential(key);
  keepCredential((await json<SignedIn>("/api/page/sign-in", { body: { key } })).secret);
}
