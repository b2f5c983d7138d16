import { createConfigWatch } from "../config/watch-change.ts";
import { HearthError } from "../errors.ts";
import type { ReloadResult } from "../server-control.ts";
import type { KeptSettings } from "./kept-settings.ts";
import type { Bound } from "./setting-rules.ts";
import type { ServerSettings } from "./settings.ts";
import { type Takeover, takeSettings } from "./take-settings.ts";

/** Milliseconds between two looks at the config, however many requests arrive and whatever is wrong with it. */
const INTERVAL_MS = 1000;

const RELOAD_HINT = "`hearth reload` tells what is wrong.";

/** The settings of a running server, following its config file. */
export interface LiveSettings {
  readonly current: ServerSettings;
  /** Why the server does not go by its config as it is now; undefined while it does. */
  readonly kept: KeptSettings | undefined;
  /**
   * To be called when a request arrives: undefined when there is nothing to wait for, else a promise that settles when
   * a changed config has been taken, or is not taken. It never rejects.
   */
  refresh(): Promise<void> | undefined;
  /** Resolves again, and never with what was read before the call. Throws `config-invalid` for what is not taken; the settings are then as they were. */
  reload(): Promise<ReloadResult>;
}

export interface LiveSettingsOptions {
  readonly initial: ServerSettings;
  /** Reads the settings as they are now. */
  readonly resolve: () => Promise<ServerSettings>;
  /** The addresses that guests reach. */
  readonly bound: () => Bound;
  readonly realPath: (path: string) => string | undefined;
  /** Called with changed settings in force. */
  readonly onChanged: (result: ReloadResult) => void;
  /** Called once for each new reason not to take the config, or a part of it. */
  readonly onKept: (kept: KeptSettings) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Follows the config: looks at it once a second at most, and only when asked. `takeSettings` decides what is taken. */
export function createLiveSettings(options: LiveSettingsOptions): LiveSettings {
  const now = options.now ?? Date.now;
  let current = options.initial;
  let takenMs = now();
  let watch = createConfigWatch(current.files, now);
  let nextLookMs = 0;
  let reloading: Promise<ReloadResult> | undefined;
  let following: Promise<ReloadResult> | undefined;
  let kept: KeptSettings | undefined;

  async function takeNew(): Promise<ReloadResult> {
    // Before the file is read: what changes while it is read is seen by the next look.
    nextLookMs = now() + INTERVAL_MS;
    const takeover = await decide();
    if (takeover.kind === "taken") return take(takeover);
    const { detail = takeover.reason, hint, reason } = takeover;
    watch.dismiss();
    keep({ reason, detail, hint, settings: [] });
    throw new HearthError("config-invalid", detail, { hint });
  }

  async function decide(): Promise<Takeover> {
    try {
      return takeSettings(current, await options.resolve(), options.bound(), options.realPath);
    } catch (error) {
      const detail = error instanceof HearthError ? error.message : `It could not be read: ${error}`;
      return { kind: "refused", reason: "The changed config can't be used", detail, hint: RELOAD_HINT };
    }
  }

  function take({ changed, needsRestart, reasons, settings }: Takeover & { kind: "taken" }): ReloadResult {
    const result = { changed, needsRestart, kept: reasons, warnings: settings.warnings };
    current = settings;
    if (changed.length > 0) takenMs = now();
    watch = createConfigWatch(settings.files, now);
    if (needsRestart.length === 0) kept = undefined;
    else {
      const reason = reasons.join("; ");
      keep({ reason, detail: reason, settings: needsRestart, hint: "`hearth restart` takes them." });
    }
    options.onChanged(result);
    return result;
  }

  function keep(facts: Omit<KeptSettings, "since">): void {
    const isNew = kept?.detail !== facts.detail || String(kept.settings) !== String(facts.settings);
    kept = { ...facts, since: new Date(takenMs).toISOString() };
    if (isNew) options.onKept(kept);
  }

  /** All requests that meet a changed config share one reading of it. */
  function shared(): Promise<ReloadResult> {
    reloading ??= takeNew().finally(() => {
      reloading = undefined;
    });
    return reloading;
  }

  /** A reading that began earlier may have missed what this caller changed: all that wait for it share the next one. */
  function reload(): Promise<ReloadResult> {
    if (reloading === undefined) return shared();
    following ??= settled(reloading).then(() => {
      following = undefined;
      return shared();
    });
    return following;
  }

  return {
    get current() {
      return current;
    },
    get kept() {
      return kept;
    },
    refresh() {
      if (reloading !== undefined) return settled(reloading);
      if (current.files.length === 0 || now() < nextLookMs) return undefined;
      nextLookMs = now() + INTERVAL_MS;
      return watch.changed() ? settled(shared()) : undefined;
    },
    reload,
  };
}

async function settled(reloading: Promise<ReloadResult>): Promise<void> {
  await reloading.catch(() => {});
}
