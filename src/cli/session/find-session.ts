import type { HearthClient } from "../../client/client.ts";
import type { SessionClient } from "../../client/session.ts";
import { HearthError } from "../../errors.ts";

/** How the id of a session is told on the command line. */
export const sessionArg = {
  type: "positional",
  required: true,
  description: "The session's id, or enough of its beginning",
} as const;

const WHOLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The session whose id begins so. Throws `session-unknown` for none, `usage` for several. */
export async function findSession(client: HearthClient, given: string): Promise<SessionClient> {
  if (WHOLE_ID.test(given)) return client.session(given);
  const matching = (await client.sessions())
    .map(({ session_id }) => session_id)
    .filter((id) => id.startsWith(given));
  const [id, another] = matching;
  if (id === undefined) {
    throw new HearthError("session-unknown", `No session whose id begins with "${given}"`, {
      hint: "hearth session list shows them.",
    });
  }
  if (another === undefined) return client.session(id);
  throw new HearthError("usage", `The ids of ${matching.length} sessions begin with "${given}"`, {
    hint: `Type more of it: ${matching.slice(0, 5).join(", ")}.`,
  });
}
