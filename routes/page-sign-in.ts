import { Hono } from "hono";
import { HearthError } from "../src/errors.ts";
import type { PageAccess } from "../src/insight/page-access.ts";
import { checkKey } from "./admission.ts";
import type { HearthEnv } from "./context.ts";
import { jsonBody } from "./json-body.ts";
import { CHALLENGE_PATH, SIGN_IN_PATH } from "./page-paths.ts";
import { ChallengeRequest, SignInRequest } from "./schemas.ts";

const BODY_LIMIT_BYTES = 1 << 16;

/** What pages sign in with. */
export interface SignInParts {
  readonly pages: PageAccess;
  /** The token and the keys that are good now. */
  readonly keys: () => readonly string[];
  /** True for a `Host` by which a browser reaches this very server; a proof for another would be a stranger's to use. */
  readonly isOwnAddress: (host: string) => boolean;
  /** True where the embedding program decides who is asking: what is typed into the page is then for it alone. */
  readonly isPrograms: () => boolean;
}

/** How a page signs in, and how the server proves to it that it is this hearth. */
export function pageSignInRoutes({ isOwnAddress, keys, pages }: SignInParts) {
  const signInBody = jsonBody(SignInRequest, () => BODY_LIMIT_BYTES, "Request must include 'code' or 'key'");
  const challengeBody = jsonBody(
    ChallengeRequest,
    () => BODY_LIMIT_BYTES,
    "Request must include 'id', 'nonce' and 'host'",
  );
  return new Hono<HearthEnv>()
    .post(SIGN_IN_PATH, signInBody, (c) => {
      const body = c.req.valid("json");
      if ("code" in body) return c.json({ status: "success" as const, secret: pages.redeem(body.code) });
      checkKey(body.key, keys());
      return c.json({ status: "success" as const, secret: pages.secretOf(body.key) });
    })
    .post(CHALLENGE_PATH, challengeBody, (c) => {
      const question = c.req.valid("json");
      const { host } = question;
      if (host !== c.req.header("host") || !isOwnAddress(host)) {
        throw new HearthError("host-refused", `This server does not listen at ${host.slice(0, 100)}`, {
          hint: "Open the page by `hearth open`. Behind a tunnel or a proxy, add this address to allowedHosts.",
        });
      }
      return c.json({ status: "success" as const, ...pages.prove(question, keys()) });
    });
}
