import { createConfigWatch } from "./config/watch-change.ts";
import type { ResolvedSettings } from "./config/resolved.ts";
import { HearthError } from "./errors.ts";
import type { ReloadResult } from "./server-control.ts";

/** Settings that need another address, and so another process. */
const RESTART_SETTINGS = new Set(["host", "port", "socket"]);

/** The settings of a running server, following its config file. */
export interface LiveSettings<T extends ResolvedSettings> {
  readonly current: T;
  /**
   * To be called when a request arrives: undefined when there is nothing to wait for, else a promise that settles when
   * a changed config has been taken, or found broken.
   */
  refresh(): Promise<void> | undefined;
  /** Resolves again, now. Throws what resolving throws; the settings are then as they were. */
  reload(): Promise<ReloadResult>;
}

export interface LiveSettingsOptions<T extends ResolvedSettings> {
  readonly initial: T;
  readonly resolve: () => Promise<T>;
  /** Called with changed settings in force. */
  readonly onChanged: (result: ReloadResult) => void;
  /** Called when a changed config can't be used; once for each new reason. */
  readonly onBroken: (error: HearthError) => void;
}

/** Follows the config: looks at it once a second at most, and only when asked. */
export function createLiveSettings<T extends ResolvedSettings>(
  options: LiveSettingsOptions<T>,
): LiveSettings<T> {
  let current = options.initial;
  let watch = createConfigWatch(current.files);
  let reloading: Promise<ReloadResult> | undefined;
  let lastFault = "";

  async function takeNew(): Promise<ReloadResult> {
    const next = await options.resolve();
    if (next.config?.isBroken === true) {
      throw new HearthError("config-invalid", `The changed config is not taken: ${next.warnings.join("; ")}`);
    }
    const result = compare(current, next);
    current = next;
    watch = createConfigWatch(next.files);
    lastFault = "";
    options.onChanged(result);
    return result;
  }

  /** All requests that meet a changed config share one reading of it. */
  function reload(): Promise<ReloadResult> {
    reloading ??= takeNew().finally(() => {
      reloading = undefined;
    });
    return reloading;
  }

  function tellBroken(error: unknown): void {
    // The next look comes in a second; the files are held against what they are now.
    const fault =
      error instanceof HearthError
        ? error
        : new HearthError("config-invalid", "The config could not be read", { cause: error });
    if (fault.message === lastFault) return;
    lastFault = fault.message;
    options.onBroken(fault);
  }

  return {
    get current() {
      return current;
    },
    refresh() {
      if (reloading !== undefined)
        return reloading.then(
          () => undefined,
          () => undefined,
        );
      if (current.files.length === 0 || !watch.changed()) return undefined;
      watch = createConfigWatch(current.files);
      return reload().then(() => undefined, tellBroken);
    },
    reload,
  };
}

function textOf({ own, user }: ResolvedSettings["models"]): string {
  return JSON.stringify([own?.values ?? {}, user?.values ?? {}]);
}

function compare(before: ResolvedSettings, after: ResolvedSettings): ReloadResult {
  const names = Object.keys(after.origins) as (keyof ResolvedSettings["origins"])[];
  const differs = (name: (typeof names)[number]) =>
    JSON.stringify(before.origins[name].value) !== JSON.stringify(after.origins[name].value);
  const all: string[] = names.filter(differs);
  if (before.settings.token !== after.settings.token && !all.includes("token")) all.push("token");
  if (textOf(before.models) !== textOf(after.models)) all.push("models");
  return {
    changed: all.filter((name) => !RESTART_SETTINGS.has(name)),
    needsRestart: all.filter((name) => RESTART_SETTINGS.has(name)),
    warnings: after.warnings,
  };
}
