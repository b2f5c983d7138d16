import { resolve } from "node:path";
import { assembleSettings } from "./config/assemble.ts";
import { SETTING_KEYS } from "./config/keys.ts";
import { ownFiles } from "./config/own-files.ts";
import { resolveSettings } from "./config/resolve.ts";
import type { ResolvedSettings } from "./config/resolved.ts";
import type { Settings } from "./config/settings.ts";

const OVERRIDABLE = [
  "allowedHosts",
  "allowedOrigins",
  "token",
  "bodyLimitBytes",
  "uploadLimitBytes",
  "cacheLimitBytes",
  "memoryBudgetBytes",
  "computeTimeoutSeconds",
] as const;

/** Settings that an embedding program gives; absent and undefined ones come from its config, or are the defaults. */
export type SettingOverrides = Partial<Pick<Settings, (typeof OVERRIDABLE)[number]>>;

/** Where an embedded hearth has its settings from. */
export interface SettingSources extends SettingOverrides {
  /** Folders that callers may reach; none by default. Relative ones start from the working directory. */
  readonly roots?: readonly string[];
  /**
   * A config file, read at the first request. What the options name goes before it; roots are taken together. Its host,
   * port and idle timeout are the command line's and mean nothing here.
   */
  readonly config?: string;
  /** Folder for what must be spilled to disk; by default one in the system's temporary folder. */
  readonly stateDir?: string;
}

/** What holds for one embedded hearth: its options, and its config once that was read. */
export class EmbeddedSettings {
  readonly #sources: SettingSources;
  readonly #ownRoots: readonly string[];
  readonly #onRead: () => void;
  #reading: Promise<void> | undefined;
  #isRead = false;
  #current: Settings;
  #protectedPaths: readonly string[];

  /** @param onRead called when the config's limits hold */
  constructor(sources: SettingSources, onRead: () => void) {
    const { roots = [], stateDir } = sources;
    this.#sources = sources;
    this.#onRead = onRead;
    this.#ownRoots = roots.map((root) => resolve(root));
    this.#protectedPaths = stateDir === undefined ? [] : [resolve(stateDir)];
    this.#current = { ...defaultSettings(), ...overridesOf(sources), roots: this.#ownRoots };
  }

  get current(): Settings {
    return this.#current;
  }

  /** hearth's own files, kept from guests. */
  get protectedPaths(): readonly string[] {
    return this.#protectedPaths;
  }

  /** True when somebody said which names the program has. */
  get namesHosts(): boolean {
    return this.#sources.allowedHosts !== undefined || this.#current.allowedHosts.length > 0;
  }

  /** Reads the config; undefined when there is none to wait for. Once read it holds; a broken one is read again. */
  read(): Promise<void> | undefined {
    const { config } = this.#sources;
    if (config === undefined || this.#isRead) return undefined;
    this.#reading ??= resolveSettings({ flags: { config }, env: {}, cwd: resolve(".") })
      .then((resolved) => this.#take(resolved))
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  #take(resolved: ResolvedSettings): void {
    const roots = [...new Set([...this.#ownRoots, ...resolved.settings.roots])];
    this.#current = { ...resolved.settings, ...overridesOf(this.#sources), roots };
    this.#protectedPaths = [...this.#protectedPaths, ...ownFiles(resolved, {})];
    this.#isRead = true;
    this.#onRead();
  }
}

/** A variable that is not set, given as a token, must not take away the config's. */
function overridesOf(sources: SettingOverrides): SettingOverrides {
  const given = OVERRIDABLE.filter((name) => sources[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, sources[name]]));
}

/** Looks at no file and no environment. */
function defaultSettings(): Settings {
  const defaults = new Map(SETTING_KEYS.map(({ key, default: initial }) => [key, initial]));
  return assembleSettings((name) => defaults.get(name), undefined);
}
