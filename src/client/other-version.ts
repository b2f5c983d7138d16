import { HearthError } from "../errors.ts";
import { askHealth, type HearthHealth } from "../lifecycle/health.ts";
import { decideReplacement } from "../lifecycle/replace.ts";
import { stopInstance } from "../lifecycle/stop.ts";
import { PROTOCOL, VERSION } from "../version.ts";
import type { LocalServer } from "./find-instance.ts";

const MINE = { version: VERSION, protocol: PROTOCOL };
const STATUS_MS = 2000;
/** How long the server may need to see that our own request, whose answer we dropped, is over. */
const SETTLE_LOOKS = 10;
const SETTLE_MS = 10;

/**
 * Called when a server of another version has answered: one that a client started gives way to this newer hearth while
 * nothing runs in it; any other is used as it is. Throws `server-incompatible` when that can't work.
 *
 * @param dropAnswer lets go of the answer, which would count as running
 * @param start starts the server of this version
 * @returns true when the answer was dropped, so that the request has to be sent again
 */
export async function meetOtherVersion(
  local: LocalServer,
  dropAnswer: () => Promise<void>,
  start: () => Promise<void>,
): Promise<boolean> {
  const { runtime, instance } = local;
  const answer = await askHealth(runtime, { socketPath: instance.socketPath });
  if (answer.kind !== "hearth") return false; // gone by now, which the next request will meet
  const { health } = answer;
  if (decideReplacement({ ...health, isIdle: true }, MINE) === "replace") {
    await dropAnswer();
    if (await becomesIdle(local)) {
      await stopInstance({ runtime, instance, pid: health.pid });
      await start();
      return true;
    }
    checkFits(health);
    return true;
  }
  checkFits(health);
  return false;
}

function checkFits(health: HearthHealth): void {
  if (decideReplacement({ ...health, isIdle: false }, MINE) !== "incompatible") return;
  throw new HearthError(
    "server-incompatible",
    `The server that runs here (version ${health.version}, pid ${health.pid}) can't be used by this hearth (version ${VERSION})`,
    { hint: "To start it again with this version: hearth restart" },
  );
}

async function becomesIdle(local: LocalServer): Promise<boolean> {
  for (let looks = 0; looks < SETTLE_LOOKS; looks++) {
    const running = await runningIn(local);
    if (running === 0) return true;
    if (running === undefined) return false;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }
  return false;
}

/** Requests that run there now, and models that are loaded; undefined when it doesn't tell. */
async function runningIn({ runtime, instance }: LocalServer): Promise<number | undefined> {
  try {
    const response = await runtime.fetch(instance.socketPath, "http://localhost/api/status", {
      headers: { "x-hearth-watch": "1" },
      signal: AbortSignal.timeout(STATUS_MS),
    });
    const body = (await response.json()) as {
      hearth?: { inFlight?: { active?: unknown; kept?: unknown } };
    } | null;
    // Servers up to 0.1 count loaded models as active.
    const { active, kept = 0 } = body?.hearth?.inFlight ?? {};
    return typeof active === "number" && typeof kept === "number" ? active + kept : undefined;
  } catch {
    return undefined;
  }
}
