import { HearthError } from "../src/errors.ts";
import { type KeyAccess, hasRight, type Right } from "./key-access.ts";
import type { RequestContext } from "./request-context.ts";

/**
 * Throws for a caller that lacks a right: `unauthorized` without a key, `key-forbidden` for a key that has another one,
 * `owner-only` where no key would help or none is in force.
 */
export function needRight(context: RequestContext, right: Right): void {
  const { access } = context;
  if (!hasRight(access, right)) throw lacking(access, right);
}

/** The same for what models' servers print: for the owner and `admin`, and for guests while no key is in force. */
export function needOutput({ access }: RequestContext): void {
  if (!access.seesOutput) throw lacking(access, "admin");
}

/** The error of a caller that lacks a right. */
function lacking(access: KeyAccess, right: Right): HearthError {
  if (access.right === "anyone") {
    return new HearthError("unauthorized", "This server requires a token or key", {
      hint: "Send the header: Authorization: Bearer KEY",
    });
  }
  if (right === "owner" || access.holder === undefined) {
    return new HearthError("owner-only", "Only the owner may do this", { hint: OWNER_HINTS[right] });
  }
  const what = access.holder === "token" ? "The token" : "This key";
  return new HearthError("key-forbidden", `${what} does not have the right "${right}", which this needs`, {
    hint: KEY_HINTS[right],
  });
}

const ADMIN_HINT =
  "Use the hearth command as the user who runs the server, a page opened by `hearth open`, or an admin key.";

const OWNER_HINTS: Readonly<Partial<Record<Right, string>>> = {
  admin: ADMIN_HINT,
  owner: "Use the hearth command as the user who runs the server; it connects by the owner's socket.",
};

const KEY_HINTS: Readonly<Partial<Record<Right, string>>> = {
  guest: "The key is for some models only: use the token, or a key without `models` in apiKeys.",
  admin: ADMIN_HINT.replace("an admin key", "a key with `admin: true` in apiKeys"),
};
