import type { ServerConfig } from "../command/server-config.ts";

/** What is changed in a request on its way to a model. */
export interface Filters {
  /** Parameters to remove; never `model`. */
  readonly strip: readonly string[];
  /** Parameters to set where the request doesn't name them. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Parameters to set whatever the request says; never `model`. */
  readonly set: Readonly<Record<string, unknown>>;
  /** The same, by the name that was asked for. */
  readonly setById: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** Limits of one answer, in milliseconds; 0: none. */
export interface ProxyLimits {
  readonly connectMs: number;
  readonly firstByteMs: number;
  /** Silence within the answer. */
  readonly idleMs: number;
  readonly totalMs: number;
}

/** How a streaming client is told that the model loads. */
export type LoadingState = "none" | "reasoning" | "comments";

/** What `/v1/models` says of a model. */
export interface ModelListing {
  readonly isListed: boolean;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly capabilities: Readonly<Record<string, unknown>> | undefined;
  /** Further names, and what they are called for people. */
  readonly aliases: readonly {
    readonly id: string;
    readonly name: string | undefined;
    readonly isListed: boolean;
  }[];
}

/** When a server that is ready counts as failed. */
export interface HealthCheck {
  readonly intervalMs: number;
  /** Checks that must fail in a row. */
  readonly failures: number;
}

/** A model server, as configured; every default is filled in. `${PORT}` and `${PID}` still stand in its texts. */
export interface ModelConfig {
  readonly id: string;
  /** Its words. */
  readonly command: readonly [string, ...string[]];
  /** Where its server runs: the config's own. */
  readonly folder: string;
  /** The typed server that the command was built from. */
  readonly server: ServerConfig | undefined;
  readonly stopCommand: readonly [string, ...string[]] | undefined;
  /** Address that requests go to, without a slash at its end. */
  readonly proxy: string;
  /** The port that `${PORT}` stands for as long as it is free; undefined: no `${PORT}` is used. */
  readonly port: number | undefined;
  /** Path that tells whether it is ready; undefined: it counts as ready once it runs. */
  readonly checkEndpoint: string | undefined;
  /** Only after a 404 or 405 of the default check another path is asked. */
  readonly isDefaultCheck: boolean;
  readonly warmUp: boolean;
  /** Looks at it from time to time while it is ready and unused; undefined: never. */
  readonly healthCheck: HealthCheck | undefined;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Seconds without use; 0: never; undefined: whatever the server's default is. */
  readonly ttlSeconds: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** The name that the server is asked by; undefined: as the client asked. */
  readonly upstreamName: string | undefined;
  readonly filters: Filters;
  /** Requests at a time; 0: no limit. */
  readonly concurrencyLimit: number;
  readonly queueLimit: number;
  /** Longest wait in milliseconds; 0: no limit. */
  readonly queueTimeoutMs: number;
  readonly memoryBytes: number | undefined;
  readonly limits: ProxyLimits;
  readonly loadingState: LoadingState;
  readonly listing: ModelListing;
  readonly priority: number;
}

/** Models elsewhere that requests are passed on to. */
export interface PeerConfig {
  readonly id: string;
  readonly proxy: string;
  readonly apiKey: string | undefined;
  readonly models: readonly string[];
  readonly filters: Filters;
  readonly limits: ProxyLimits;
}

/** A model that a peer serves, under its own name there. */
export interface PeerModel {
  readonly peer: PeerConfig;
  readonly model: string;
}

/**
 * How a virtual name finds its model: `pin` is the first target; `warm` the first that is ready, else the first that
 * starts, else the first; `spillover` the first that has room, going on to the next where all that run are full.
 */
export type SelectorStrategy = "pin" | "warm" | "spillover";

/** A virtual name that stands for one of several models, chosen anew for each request. */
export interface SelectorConfig {
  readonly id: string;
  readonly strategy: SelectorStrategy;
  /** Names of models, in the order in which they are preferred. */
  readonly targets: readonly string[];
  /** Requests that a target takes before the next one gets some. */
  readonly spillover: number;
  readonly listing: Pick<ModelListing, "name" | "description" | "metadata">;
}

/** A key that callers send. */
export interface ApiKey {
  readonly key: string;
  /** Models that it may use; undefined: all. */
  readonly models: readonly string[] | undefined;
  readonly isAdmin: boolean;
}

/** Which models run together, by llama-swap's groups. A model in no group is in one of its own kind: swap, exclusive. */
export interface GroupConfig {
  readonly id: string;
  readonly swap: boolean;
  readonly exclusive: boolean;
  readonly persistent: boolean;
  readonly members: readonly string[];
}

/** Which models run together, as sets of models in the order of their definition. */
export interface MatrixConfig {
  readonly sets: readonly (readonly string[])[];
  readonly evictCosts: ReadonlyMap<string, number>;
}

/** All that a config says of models. */
export interface ModelsConfig {
  readonly models: ReadonlyMap<string, ModelConfig>;
  /** Model ids by every name that they are known under, the ids themselves included. */
  readonly names: ReadonlyMap<string, string>;
  readonly peers: ReadonlyMap<string, PeerConfig>;
  /** The peers' models, by every name that they are known under here. */
  readonly peerModels: ReadonlyMap<string, PeerModel>;
  readonly selectors: ReadonlyMap<string, SelectorConfig>;
  /** Names that a profile puts in place of others; undefined: such a name is no model. */
  readonly pins: ReadonlyMap<string, string | undefined>;
  readonly groups: readonly GroupConfig[];
  readonly matrix: MatrixConfig | undefined;
  /** Ids of models to load at the start. */
  readonly preload: readonly string[];
  readonly apiKeys: readonly ApiKey[];
  readonly fairnessMs: number;
  readonly listsAliases: boolean;
  /** Paths below `/upstream/ID` that never start a model. */
  readonly ignoredPaths: readonly RegExp[];
}

/** A config that speaks of no model. */
export const NO_MODELS: ModelsConfig = {
  models: new Map(),
  names: new Map(),
  peers: new Map(),
  peerModels: new Map(),
  selectors: new Map(),
  pins: new Map(),
  groups: [],
  matrix: undefined,
  preload: [],
  apiKeys: [],
  fairnessMs: 3000,
  listsAliases: false,
  ignoredPaths: [],
};
