import type { SettingName } from "./keys.ts";
import type { SettingValue } from "./kinds.ts";
import type { Settings } from "./settings.ts";

/** Where a setting's value came from, the strongest first. */
export type Origin = "flag" | "environment" | "file" | "default";

/** One setting as `hearth config show` prints it. */
export interface OriginatedValue {
  /** In hearth's own units; of a token only that there is one. */
  readonly value: SettingValue;
  readonly origin: Origin;
  /** `--port`, `HEARTH_PORT`, `hearth.yaml:3:7`, or "" for a default. */
  readonly where: string;
}

/** The config file in use. */
export interface ConfigInUse {
  /** Absolute path under which it was found or named. */
  readonly path: string;
  /** The same without symbolic links; it identifies the instance, and relative paths in the file start beside it. */
  readonly realPath: string;
  /** Named by flag or environment, found by searching, or the user's own in the config folder. */
  readonly how: "flag" | "environment" | "found" | "user";
  readonly isTrusted: boolean;
  /** It has mistakes and is not trusted, so nothing of it counts; a trusted one with mistakes is refused instead. */
  readonly isBroken: boolean;
  /** SHA-256 of its content, in hex. */
  readonly hash: string;
  /** Why `extends: user` has no effect, as a sentence; absent where it has, or is not there. */
  readonly missing?: string | undefined;
}

/** A file whose content went into the settings. */
export interface WatchedFile {
  readonly realPath: string;
  readonly hash: string;
}

/** What one config file says of models, unchecked: `src/models/config` reads it. */
export interface ModelSection {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a value stands, as `hearth.yaml:3:7`; with `"key"` its key. */
  readonly where: (path: readonly string[], part?: "key" | "value") => string;
  /** Of the real file: where relative paths start, and where its servers run. */
  readonly folder: string;
}

/** The config's own models, and with `extends: user` those of the user's config beside them. */
export interface ModelSections {
  readonly own: ModelSection | undefined;
  readonly user: ModelSection | undefined;
}

/** All settings, and how they came about. */
export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, OriginatedValue>>;
  readonly config: ConfigInUse | undefined;
  /** Without the config's own while it is not trusted. */
  readonly models: ModelSections;
  /** For people, as sentences: unknown keys with their place, files that are not used, readable secrets. */
  readonly warnings: readonly string[];
  /** Keys of the config that have no effect until `hearth trust`. */
  readonly waiting: readonly string[];
  /** The config, what it extends and the token file, as they were read: for `createConfigWatch` and for hearth's own files. */
  readonly files: readonly WatchedFile[];
}

/** What a command says when it goes on without parts of a config, or undefined when nothing waits. */
export function waitingSentence({ config, waiting }: ResolvedSettings): string | undefined {
  if (config === undefined || waiting.length === 0) return undefined;
  const verb = waiting.length === 1 ? "waits" : "wait";
  return `${config.path} is not trusted yet, so ${waiting.join(", ")} ${verb} in it. To trust it: hearth trust`;
}
