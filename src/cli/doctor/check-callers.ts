import type { Flags } from "../../config/given-values.ts";
import { resolveSettings } from "../../config/resolve.ts";
import { HearthError } from "../../errors.ts";
import type { PeerUser } from "../../runtime/peer/types.ts";
import type { Runtime } from "../../runtime/types.ts";
import { withModels } from "../../server/settings.ts";
import { type Finding, ok, warn } from "./finding.ts";

const SUBJECT = "other users";
const SET_TOKEN = "Set a token with HEARTH_TOKEN or tokenFile; then every TCP client needs it.";

/**
 * What keeps other users of this machine from a server with these settings. Without a token, keys or `otherUsers` that is
 * the check of the peer's user, which is tried here. Nothing for a config that can't be read, which `checkConfig` reports.
 */
export async function checkCallers(flags: Flags, runtime: Runtime): Promise<Finding[]> {
  try {
    const resolved = await resolveSettings({ flags, env: process.env, cwd: process.cwd() });
    const { modelsConfig, settings } = await withModels(resolved, process.env);
    if (!settings.tcp) return [ok(SUBJECT, "can't connect: the server has no TCP port")];
    if (settings.token !== undefined) return [ok(SUBJECT, "need the token")];
    if (modelsConfig.apiKeys.length > 0) return [ok(SUBJECT, "need an API key")];
    if (settings.otherUsers) return [ok(SUBJECT, "may connect without a token (otherUsers: true)")];
    return [describe(await askWhoWeAre(runtime))];
  } catch (error) {
    if (error instanceof HearthError) return [];
    throw error;
  }
}

/** `user`: what the system says of a client of ours; undefined where it can't be asked. */
function describe(user: PeerUser | undefined): Finding {
  switch (user) {
    case "same-user":
      return ok(SUBJECT, "are refused: the system names the user of each TCP client");
    case undefined:
      return warn(SUBJECT, "may connect: this system does not name the user of a TCP client", SET_TOKEN);
    default:
      return warn(SUBJECT, "The system does not name the users here: all TCP clients are refused", SET_TOKEN);
  }
}

/** Connects to a server of our own, as a client of hearth's would. */
async function askWhoWeAre(runtime: Runtime): Promise<PeerUser | undefined> {
  let user: PeerUser | undefined;
  const server = await runtime.serve({
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    fetch(request, exchange) {
      user = exchange.peerUser?.(request);
      return new Response("");
    },
  });
  try {
    const port = server.address.kind === "tcp" ? server.address.port : 0;
    await (await runtime.fetch(undefined, `http://127.0.0.1:${port}/`)).text();
    return user;
  } finally {
    await server.close();
  }
}
