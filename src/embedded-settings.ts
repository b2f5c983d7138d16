import { resolve } from "node:path";
import { assembleSettings } from "./config/assemble.ts";
import { SETTING_KEYS } from "./config/keys.ts";
import { ownFiles } from "./config/own-files.ts";
import { TrustedPaths } from "./config/trusted-files.ts";
import { resolveSettings } from "./config/resolve.ts";
import type { ResolvedSettings } from "./config/resolved.ts";
import type { Settings } from "./config/settings.ts";
import { type ModelsConfig, NO_MODELS } from "./models/config/types.ts";

const OVERRIDABLE = [
  "allowedHosts",
  "allowedOrigins",
  "guestEnvironment",
  "otherUsers",
  "token",
  "bodyLimitBytes",
  "uploadLimitBytes",
  "spillLimitBytes",
  "cacheLimitBytes",
  "memoryBudgetBytes",
  "computeTimeoutSeconds",
  "maxCells",
  "guestWrites",
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
  #trustedPaths: TrustedPaths | undefined;
  #modelsConfig: ModelsConfig = NO_MODELS;
  #modelMemoryBytes: number | undefined;

  /** @param onRead called when the config's limits hold */
  constructor(sources: SettingSources, onRead: () => void) {
    const { roots = [], stateDir } = sources;
    this.#sources = sources;
    this.#onRead = onRead;
    this.#ownRoots = roots.map((root) => resolve(root));
    this.#protectedPaths = stateDir === undefined ? [] : [resolve(stateDir)];
    this.#current = { ...defaultSettings(), ...overridesOf(sources), roots: this.#ownRoots };
    this.#modelMemoryBytes = sources.memoryBudgetBytes;
  }

  get current(): Settings {
    return this.#current;
  }

  /** hearth's own files, kept from guests. */
  get protectedPaths(): readonly string[] {
    return this.#protectedPaths;
  }

  /** Files that the config names and its modules import, kept from being written by guests. */
  get trustedPaths(): readonly string[] {
    return this.#trustedPaths?.get() ?? [];
  }

  /** What the config says of models. */
  get modelsConfig(): ModelsConfig {
    return this.#modelsConfig;
  }

  /** For all models together; undefined where nobody named a budget. */
  get modelMemoryBytes(): number | undefined {
    return this.#modelMemoryBytes;
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
      .then(async (resolved) => this.#take(resolved, await modelsOf(resolved)))
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  #take(resolved: ResolvedSettings, modelsConfig: ModelsConfig): void {
    this.#modelsConfig = modelsConfig;
    const { origins, settings } = resolved;
    if (origins.memoryBudget.origin !== "default") this.#modelMemoryBytes ??= settings.memoryBudgetBytes;
    const roots = [...new Set([...this.#ownRoots, ...resolved.settings.roots])];
    this.#current = { ...resolved.settings, ...overridesOf(this.#sources), roots };
    this.#protectedPaths = [...this.#protectedPaths, ...ownFiles(resolved, {})];
    const read = { ...resolved, modelsConfig };
    this.#trustedPaths = new TrustedPaths(() => read);
    this.#isRead = true;
    this.#onRead();
  }
}

/** The environment's variables are the program's to hand on. */
async function modelsOf({ models }: ResolvedSettings): Promise<ModelsConfig> {
  if (Object.keys(models.own?.values ?? {}).length === 0) return NO_MODELS;
  const { readModels } = await import("./models/config/read-models.ts");
  return readModels(models, process.env).config;
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
