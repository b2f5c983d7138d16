import type { Caller } from "./access/caller.ts";
import { createFileAccess } from "./access/file-access.ts";
import type { FileAccess } from "./access/files.ts";
import { type ComputeService, createComputeService, RESERVED_NAMES } from "./compute/service.ts";
import type { Settings } from "./config/settings.ts";
import { collect, streamOf } from "./data/columns.ts";
import type { ReaderProcesses } from "./data/isolated.ts";
import { createDataService, type DataService } from "./data/service.ts";
import { createEngine, type Engine, type EngineOptions } from "./engine/engine.ts";
import { computeAfterRead } from "./functions/after-read.ts";
import { FunctionLibrary } from "./functions/library.ts";
import type { UserFunctions } from "./functions/user-functions.ts";
import { Documents } from "./interface/documents.ts";
import { loadInterface } from "./interface/load.ts";
import { HearthError } from "./errors.ts";
import { onceUnlessFailed } from "./once-unless-failed.ts";
import type { ServerFacts } from "./metrics/server-samples.ts";
import { type ModelsConfig, NO_MODELS } from "./models/config/types.ts";
import type { ModelHost, Models } from "./models/models.ts";
import type { ReaderPoolOptions } from "./readers/reader-pool.ts";
import { Places } from "./places.ts";
import { type SessionParts, Sessions } from "./sessions/service.ts";
import { SpillBudget } from "./spill-budget.ts";
import { MEMORY_STORE, type SessionStore } from "./sessions/store.ts";

/** What the routes are made over: the domain of one hearth, without any HTTP. */
export interface Hearth {
  /** The settings of this moment; they change when the config is reloaded. */
  readonly settings: () => Settings;
  readonly data: DataService;
  readonly compute: ComputeService;
  /** Reader processes; undefined where everything is read in this process. */
  readonly readers: ReaderProcesses | undefined;
  /** Interfaces and front matter, parsed once. */
  readonly documents: Documents;
  readonly sessions: Sessions;
  /** What the config says of models, at this moment. */
  readonly modelsConfig: () => ModelsConfig;
  /** Model servers; what runs them is loaded when they are first asked for. */
  readonly models: () => Promise<Models>;
  /** The same as long as nobody asked; then undefined. */
  readonly loadedModels: () => Models | undefined;
  /** The files as this caller may see them. */
  readonly filesFor: (caller: Caller) => FileAccess;
  /** A folder of mode 0700 for what must be spilled; made when first asked for. */
  readonly spillFolder: () => Promise<string>;
  /** The disk space for it, which everything that spills shares. */
  readonly spillBudget: SpillBudget;
  /** Places for the uploads of guests that are on their way. */
  readonly guestUploads: Places;
  /** Takes changed limits. */
  configure(): void;
  /** Ends what runs and frees everything. */
  close(): Promise<void>;
}

/** What a hearth says about itself. Health is for all, status has figures, config is the owner's. */
export interface SystemInfo {
  /** What stands under `hearth` in the health answer. */
  identity(): Readonly<Record<string, unknown>>;
  /** lynguine's idle timeout and what stands under `hearth` in the status answer. */
  status(): StatusParts;
  /** What is counted, for `/metrics`. */
  metrics(): ServerFacts;
}

export interface StatusParts {
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  readonly idleTimeout:
    | { readonly enabled: false }
    | {
        readonly enabled: true;
        readonly timeout_seconds: number;
        readonly idle_seconds: number;
        readonly remaining_seconds: number;
      };
  readonly hearth: Readonly<Record<string, unknown>>;
}

export interface HearthParts {
  readonly settings: () => Settings;
  /** Absolute folders that guests may reach. */
  readonly roots: () => readonly string[];
  /** Where guests' relative paths start; undefined: at the first root. */
  readonly directory: () => string | undefined;
  /** hearth's own files, kept from guests. */
  readonly protectedPaths: () => readonly string[];
  /** Files that the config names and its modules import, which no guest writes. */
  readonly trustedPaths: () => readonly string[];
  readonly spillFolder: () => Promise<string>;
  /** Functions of the embedding program. */
  readonly functions?: UserFunctions | undefined;
  /** Told of modules of functions that can't be loaded, for a log. */
  readonly onFunctionProblem?: (problem: string, cause: unknown) => void;
  /** Where sessions are kept; by default nowhere: they end with the process. */
  readonly sessionStore?: SessionStore;
  /** Told of what befell kept sessions, for a log. */
  readonly onSessionNotice?: SessionParts["onNotice"];
  /** Told of the guests' sessions whenever one comes or goes. */
  readonly onGuestSessions?: SessionParts["onGuestsChanged"];
  /** What the config says of models; by default nothing. */
  readonly modelsConfig?: () => ModelsConfig;
  readonly modelHost: ModelHost;
  /** Makes the query engine; by default one in this very process. */
  readonly createEngine?: (options: EngineOptions) => Engine;
  /** Makes processes that read what may take any amount of memory or time; by default there are none. */
  readonly createReaders?: (options: ReaderPoolOptions) => ReaderProcesses;
}

/** Uploads of guests that may be on their way at once; an upload that has arrived does not count. */
const GUEST_UPLOADS = 16;

/** Composes the domain. Loads no engine and touches no file before a request needs it. */
export function composeHearth(parts: HearthParts): Hearth {
  const { settings, spillFolder } = parts;
  const spillBudget = new SpillBudget(() => settings().spillLimitBytes);
  const limits = () => ({
    cacheLimitBytes: settings().cacheLimitBytes,
    // One table may fill at most half of the cache, or it would push out all others and then itself.
    memoryLimitBytes: Math.max(16 * 1024 * 1024, Math.floor(settings().cacheLimitBytes / 2)),
    maxCells: settings().maxCells,
  });
  const functions = new FunctionLibrary({
    modules: () => settings().computeModules,
    given: parts.functions,
    reserved: RESERVED_NAMES,
    onProblem: parts.onFunctionProblem,
  });
  const readers = parts.createReaders?.({
    readers: () => settings().readers,
    readMemoryBytes: () => settings().readMemoryBytes,
    readTimeoutSeconds: () => settings().readTimeoutSeconds,
  });
  const data = createDataService({
    ...limits(),
    spillFolder,
    spillBudget,
    ...(readers === undefined ? {} : { readers }),
    inlineLimitBytes: () => settings().inlineLimitBytes,
    async compute(table, section, { signal, timeZone }) {
      const { find } = await functions.load();
      const { computeTimeoutSeconds: timeLimitSeconds } = settings();
      const context = { now: new Date(), timeZone };
      return computeAfterRead(table, section, { find, signal, context, timeLimitSeconds });
    },
  });
  const engine = (parts.createEngine ?? createEngine)({
    get memoryLimitBytes() {
      return settings().memoryBudgetBytes;
    },
    get timeLimitSeconds() {
      return settings().computeTimeoutSeconds;
    },
    spillFolder,
    spillShare: async () => spillBudget.share(),
  });
  const compute = createComputeService({
    engine,
    functions: () => functions.load(),
    timeLimitSeconds: () => settings().computeTimeoutSeconds,
  });
  const documents = new Documents(readers === undefined ? {} : { readers });
  const filesFor = (caller: Caller): FileAccess =>
    createFileAccess({
      caller,
      roots: parts.roots(),
      base: parts.directory(),
      protectedPaths: parts.protectedPaths,
      guestWrites: settings().guestWrites,
      trustedPaths: parts.trustedPaths,
    });
  const sessions = new Sessions({
    store: parts.sessionStore ?? MEMORY_STORE,
    async loadInterface({ interfaceFile, directory, interfaceField }, access) {
      const field = interfaceField ?? undefined;
      return (await loadInterface(interfaceFile, { ...access, documents, directory, field })).values;
    },
    async readTable(source, access) {
      const result = await data.read(source, { ...access, timeZone: zoneOf(access.caller) });
      return result.table ?? (await collect(result.stream(), limits().memoryLimitBytes));
    },
    writeTable: (table, output, access) => data.write(streamOf(table), output, access),
    async compute({ caller, signal }) {
      const { find } = await functions.load();
      const { computeTimeoutSeconds: timeLimitSeconds } = settings();
      return { find, signal, timeLimitSeconds, context: { now: new Date(), timeZone: zoneOf(caller) } };
    },
    filesFor,
    guestBase: () => parts.directory() ?? parts.roots()[0],
    memoryLimitBytes: () => settings().cacheLimitBytes,
    onNotice: parts.onSessionNotice ?? (() => {}),
    onGuestsChanged: parts.onGuestSessions ?? (() => {}),
    now: () => Date.now() / 1000,
  });
  const modelsConfig = parts.modelsConfig ?? (() => NO_MODELS);
  let models: Models | undefined;
  let isClosed = false;
  const loadModels = onceUnlessFailed(async (): Promise<Models> => {
    const { createModels } = await import("./models/models.ts");
    if (isClosed) throw new HearthError("server-stopping", "This hearth was closed");
    models = createModels(modelsConfig(), parts.modelHost);
    return models;
  });
  return {
    settings,
    modelsConfig,
    models: loadModels,
    loadedModels: () => models,
    data,
    compute,
    readers,
    documents,
    sessions,
    spillFolder,
    spillBudget,
    guestUploads: new Places(GUEST_UPLOADS, "uploads"),
    filesFor,
    configure() {
      data.configure(limits());
      models?.pool.configure(modelsConfig());
    },
    async close() {
      isClosed = true;
      const stopped = models?.close();
      // What can't be closed must not keep the others open; the first reason is the one to tell.
      const failures = (
        await Promise.allSettled([
          stopped,
          (async () => sessions.close())(),
          (async () => data.close())(),
          // The engine reads files that the data service holds open.
          (async () => {
            await stopped?.catch(() => {});
            await Promise.all([engine.close(), readers?.close()]);
          })(),
        ])
      ).filter((result) => result.status === "rejected");
      if (failures[0] !== undefined) throw failures[0].reason;
    },
  };
}

/** An owner's own time zone; guests have the server's. */
export function zoneOf(caller: Caller): string | undefined {
  return caller.kind === "owner" ? caller.timeZone : undefined;
}
