import type { ModelsConfig, SelectorConfig } from "./config/types.ts";
import type { ModelView } from "./scheduler/types.ts";

/** The one name by which rights to a model are compared, whichever of its names was used. */
export function rightsNameOf(
  { names, peerModels }: Pick<ModelsConfig, "names" | "peerModels">,
  name: string,
): string {
  const id = names.get(name);
  if (id !== undefined) return id;
  const far = peerModels.get(name);
  return far === undefined ? name : `${far.peer.id}/${far.model}`;
}

/** How a model of ours stands; undefined for a peer's. */
type Look = (id: string) => Pick<ModelView, "state" | "inFlight" | "queued"> | undefined;

/**
 * The name of the model that a name stands for at this moment: by the profile that holds, then by a selector. Any other
 * name stands for itself, known or not; undefined: the profile says that there is no such model.
 */
export function resolveName(
  { names, pins, selectors }: ModelsConfig,
  name: string,
  look: Look,
): string | undefined {
  const pinned = pins.has(name) ? pins.get(name) : name;
  const selector = pinned === undefined ? undefined : selectors.get(pinned);
  if (selector === undefined) return pinned;
  return choose(selector, (target) => look(names.get(target) ?? target));
}

function choose({ spillover, strategy, targets }: SelectorConfig, look: Look): string | undefined {
  const [first] = targets;
  const inState = (...states: string[]) =>
    // Peers are always there.
    targets.filter((target) => states.includes(look(target)?.state ?? "ready"));
  if (strategy === "pin") return first;
  if (strategy === "warm") return inState("ready")[0] ?? inState("starting")[0] ?? first;
  const load = (target: string) => {
    const { inFlight = 0, queued = 0 } = look(target) ?? {};
    return inFlight + queued;
  };
  const active = inState("ready", "starting");
  const withRoom = active.find((target) => load(target) < spillover);
  const unused = targets.find((target) => !active.includes(target));
  return withRoom ?? unused ?? [...active].sort((a, b) => load(a) - load(b))[0];
}
