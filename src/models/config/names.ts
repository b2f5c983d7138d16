import { didYouMean } from "../../nearest.ts";
import type { Report } from "./report.ts";
import type { ModelSectionValues } from "./schema.ts";
import type { ModelConfig, PeerConfig, PeerModel, SelectorConfig } from "./types.ts";

/** The ids of models by every name that they are known under. */
export function namesOf(
  models: ReadonlyMap<string, ModelConfig>,
  report: Report,
): ReadonlyMap<string, string> {
  const names = new Map([...models.keys()].map((id) => [id, id]));
  for (const [id, { listing }] of models) {
    for (const alias of listing.aliases) {
      const owner = names.get(alias.id);
      if (owner !== undefined && owner !== id) {
        report(["models", id, "aliases"], `"${alias.id}" names the model "${owner}" already`);
      }
      names.set(alias.id, id);
    }
  }
  return names;
}

/**
 * The models of peers by the names they go by: PEER/MODEL always, MODEL alone where one peer serves it and no model here
 * has that name.
 */
export function peerModelsOf(
  peers: ReadonlyMap<string, PeerConfig>,
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, PeerModel> {
  const found = new Map<string, PeerModel>();
  const all = [...peers.values()].flatMap((peer) => peer.models.map((model) => ({ peer, model })));
  for (const each of all) {
    const isAlone = all.every(({ model, peer }) => model !== each.model || peer === each.peer);
    if (isAlone && !names.has(each.model)) found.set(each.model, each);
    found.set(`${each.peer.id}/${each.model}`, each);
  }
  return found;
}

/** Virtual names, whose targets are models here or of peers. */
export function selectorsOf(
  selectors: NonNullable<ModelSectionValues["selectors"]>,
  isTaken: (name: string) => boolean,
  report: Report,
): ReadonlyMap<string, SelectorConfig> {
  const entries = Object.entries(selectors).map(([id, selector]): [string, SelectorConfig] => {
    const { description, metadata, name, settings, strategy, targets } = selector;
    if (isTaken(id)) report(["selectors", id], `"${id}" names a model already`);
    if (targets.length === 0) report(["selectors", id, "targets"], "expected at least one model");
    for (const [index, target] of targets.entries()) {
      if (!isTaken(target)) {
        const path = ["selectors", id, "targets", String(index)];
        report(path, `there is no model "${target}". ${didYouMean(target, [])}`.trim());
      }
    }
    return [
      id,
      {
        id,
        strategy,
        targets,
        spillover: settings?.spillover ?? 1,
        listing: { name, description, metadata },
      },
    ];
  });
  return new Map(entries);
}

/** The names that the chosen profile puts in place of others; undefined: such a name is no model. */
export function pinsOf(
  { profiles = {}, hooks }: ModelSectionValues,
  isKnown: (name: string) => boolean,
  report: Report,
): ReadonlyMap<string, string | undefined> {
  const chosen = hooks?.on_startup?.profile;
  if (chosen === undefined || chosen === "") return new Map();
  const profile = profiles[chosen];
  if (profile === undefined) {
    const hint = didYouMean(chosen, Object.keys(profiles));
    report(["hooks", "on_startup", "profile"], `there is no profile "${chosen}". ${hint}`);
    return new Map();
  }
  const pins = Object.entries(profile.pins ?? {}).map(([name, target]): [string, string | undefined] => {
    const isOff = target === null || target === "";
    if (!isOff && !isKnown(target)) {
      report(["profiles", chosen, "pins", name], `there is no model "${target}"`);
    }
    return [name, isOff ? undefined : target];
  });
  return new Map(pins);
}
