import type { Context } from "hono";
import { HearthError } from "../src/errors.ts";
import type { ModelConfig, ModelsConfig } from "../src/models/config/types.ts";
import { rightsNameOf } from "../src/models/resolve-name.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { mayUse } from "./key-access.ts";

/** A model in `GET /v1/models`. */
interface ListedModel {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
  readonly [key: string]: unknown;
}

/** `created` is the same for all and at every call: nothing is known of it. */
const CREATED = 1_700_000_000;

/** What the config lists, for this caller; starts nothing. */
export function listed(config: ModelsConfig, c: Context<HearthEnv>): readonly ListedModel[] {
  const { access } = contextOf(c);
  const own = [...config.models.values()]
    .filter(({ id, listing }) => listing.isListed && mayUse(access, id))
    .flatMap((model) => recordsOf(model, config.listsAliases));
  const peers = [...config.peers.values()].flatMap(({ id, models }) =>
    models
      .map((model) => (config.peerModels.get(model)?.peer.id === id ? model : `${id}/${model}`))
      .filter((name) => mayUse(access, rightsNameOf(config, name)))
      .map((name): ListedModel => ({ id: name, object: "model", created: CREATED, owned_by: id })),
  );
  const selectors = [...config.selectors.values()]
    .filter(({ targets }) => targets.some((target) => mayUse(access, rightsNameOf(config, target))))
    .map(({ id, listing }) => recordOf(id, listing));
  return [...own, ...selectors, ...peers];
}

function recordsOf({ id, listing }: ModelConfig, listsAliases: boolean): readonly ListedModel[] {
  const record = recordOf(id, listing);
  const aliases = listsAliases ? listing.aliases.filter(({ isListed }) => isListed) : [];
  return [
    record,
    ...aliases.map((alias) => ({
      ...record,
      id: alias.id,
      ...(alias.name === undefined ? {} : { name: alias.name }),
    })),
  ];
}

function recordOf(
  id: string,
  { capabilities, description, metadata, name }: Partial<ModelConfig["listing"]>,
): ListedModel {
  return {
    id,
    object: "model",
    created: CREATED,
    owned_by: "hearth",
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(capabilities === undefined ? {} : { capabilities }),
    // Where llama-swap's clients look for it.
    ...(metadata === undefined ? {} : { meta: { llamaswap: metadata } }),
  };
}

/** One model by its name. Throws `model-unknown`, also where the caller's key is for others. */
export function oneListed(config: ModelsConfig, c: Context<HearthEnv>, name: string): ListedModel {
  const id = config.names.get(name) ?? name;
  const all = { ...config, models: new Map([...config.models].map(([key, model]) => [key, visible(model)])) };
  const found = listed(all, c).find((model) => model.id === id);
  if (found === undefined) {
    throw new HearthError("model-unknown", `No model named "${name.slice(0, 200)}"`, {
      hint: "GET /v1/models lists the names.",
    });
  }
  return found;
}

/** Who knows its name may look at a model that is not listed. */
function visible(model: ModelConfig): ModelConfig {
  return { ...model, listing: { ...model.listing, isListed: true } };
}
