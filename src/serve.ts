import { readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type AdmissionPolicy, keysOf } from "../routes/admission.ts";
import { createApp } from "../routes/app.ts";
import { BodyBudgets } from "../routes/body-room.ts";
import { ownerOf } from "../routes/caller-headers.ts";
import { bindContext } from "../routes/context.ts";
import {
  type CallerResolver,
  createGuard,
  type FinishedRequest,
  type GuardOptions,
  pathOf,
} from "../routes/guard.ts";
import { routeOf } from "../routes/endpoints.ts";
import { noteAnswered, noteStarted } from "../routes/note-request.ts";
import { ensurePrivateFolder, type Environment, homeFolder, stateFolder } from "./config/folders.ts";
import type { Flags } from "./config/given-values.ts";
import { ownFiles } from "./config/own-files.ts";
import { TrustedPaths } from "./config/trusted-files.ts";
import { resolveSettings } from "./config/resolve.ts";
import type { ResolvedSettings } from "./config/resolved.ts";
import { BACKGROUND_IDLE_SECONDS, type Settings } from "./config/settings.ts";
import { createEngineProcess } from "./engine/process/engine-process.ts";
import { HearthError } from "./errors.ts";
import { checkExposure } from "./server/exposure.ts";
import { composeHearth, type Hearth, type SystemInfo } from "./hearth.ts";
import { createInsight, type Insight } from "./insight/insight.ts";
import { isOwnAddress } from "./insight/own-address.ts";
import { PageAccess } from "./insight/page-access.ts";
import { ensureInstanceFolder } from "./lifecycle/instance-folder.ts";
import { instanceOfSettings, portSequence } from "./lifecycle/instance.ts";
import { createServerLife, type ServerLife } from "./lifecycle/life.ts";
import { readLog } from "./lifecycle/read-log.ts";
import type { StartedHow } from "./lifecycle/record.ts";
import { createRequestScope } from "./lifecycle/request-scope.ts";
import { createRequestLog, type RequestLog } from "./lifecycle/request-log.ts";
import type { FetchHandler, Handlers, RunningServer, Supervisor } from "./lifecycle/running-server.ts";
import { writeStartFailure } from "./lifecycle/start-failure.ts";
import { serveInstance, type ServeOutcome } from "./lifecycle/serve-instance.ts";
import { urlHost } from "./lifecycle/health.ts";
import type { Statistics } from "./lifecycle/statistics.ts";
import { describeHealth, describeStatus } from "./lifecycle/status.ts";
import { createReaderPool } from "./readers/reader-pool.ts";
import { keptSentence, type KeptSettings } from "./server/kept-settings.ts";
import { createLiveSettings, type LiveSettings } from "./server/live-settings.ts";
import { resolveAgain } from "./server/resolve-again.ts";
import type { Bound } from "./server/setting-rules.ts";
import { type ServerSettings, withModels } from "./server/settings.ts";
import type { Exchange, Runtime } from "./runtime/types.ts";
import type { ServerControl } from "./server-control.ts";
import { createJournalStore, type OnNotice } from "./sessions/journal.ts";
import type { KnownSession } from "./sessions/service.ts";
import { updateSharedList } from "./sessions/shared-list.ts";
import type { Tracing } from "./tracing/types.ts";
import { startTracing } from "./tracing/wanted.ts";
import { PROTOCOL, VERSION } from "./version.ts";

/** No address has it. */
const NO_PORT = -1;

const RELOAD_PATH = "/api/control/reload";

/** Milliseconds that everything but model servers gets to close. */
const STOP_MS = 10_000;

/** Milliseconds that the last spans get to reach their collector. */
const FLUSH_MS = 3000;

export interface ServeOptions {
  readonly runtime: Runtime;
  /** By flag name, as the command line took them. */
  readonly flags: Flags;
  readonly environment: Environment;
  /** Absolute folder that the server was started from: relative paths and the search for a config begin there. */
  readonly directory: string;
  readonly isBackground: boolean;
  readonly startedHow: StartedHow;
  /** Who started the server and waits to be told how it is. */
  readonly supervisor?: Supervisor | undefined;
  /** Where requests are counted; by default in statistics of its own. */
  readonly statistics?: Statistics;
}

export interface ServedInstance {
  readonly outcome: ServeOutcome;
  readonly resolved: ResolvedSettings;
  readonly roots: readonly string[];
}

/**
 * Resolves the settings, names the instance and becomes its server, unless it has one. Comes back when it serves;
 * `outcome.server.stopped` settles when it has ended.
 *
 * Throws `config-invalid`, `usage`, `state-unusable`, `port-taken`, `address-invalid`, `start-failed`.
 */
export async function serve(options: ServeOptions): Promise<ServedInstance> {
  const { flags, environment, directory } = options;
  const resolved = await withModels(
    await resolveSettings({ flags, env: environment, cwd: directory }),
    environment,
  );
  const { host, socket, tcp, token } = resolved.settings;
  // A guests' socket may have anything in front of it: a service has a port there, on this very host.
  if (tcp || socket !== undefined)
    checkExposure(host, token !== undefined, "Set HEARTH_TOKEN or tokenFile, or listen on 127.0.0.1.");
  const instance = instanceOfSettings(resolved, environment);
  ensureInstanceFolder(instance);
  const again = async () =>
    withModels(await resolveAgain({ flags, env: environment, cwd: directory }, resolved), environment);
  const server = new HearthServer(options, resolved, again, instance.folder);
  const log = createRequestLog(instance.logPath, resolved.settings.log);
  try {
    const outcome = await server.start(instance, log);
    return { outcome, resolved, roots: server.roots };
  } catch (error) {
    // Whoever waits for a server in the background reads there why it did not come.
    if (options.isBackground) writeStartFailure(instance, error);
    throw error;
  }
}

/** One instance's server: what its requests share, put together. */
class HearthServer {
  readonly #options: ServeOptions;
  readonly #live: LiveSettings;
  readonly #life: ServerLife = createServerLife();
  readonly #scope = createRequestScope();
  readonly #pages: PageAccess;
  readonly #hearth: Hearth;
  readonly #insight: Insight;
  /** Roots that were added while it ran, and the folder that a person started it from. */
  #ownRoots: readonly string[];
  #protectedPaths: readonly string[];
  readonly #trustedPaths = new TrustedPaths(() => this.#live.current);
  #log: RequestLog | undefined;
  #policyOf: { readonly settings: Settings; readonly policy: AdmissionPolicy } | undefined;
  #running: RunningServer | undefined;
  #tracing: Tracing | undefined;

  constructor(
    options: ServeOptions,
    initial: ServerSettings,
    resolveAgain: () => Promise<ServerSettings>,
    folder: string,
  ) {
    this.#options = options;
    this.#insight = createInsight(options.statistics);
    this.#ownRoots = startFolder(options);
    this.#pages = new PageAccess(join(folder, "page-secret"));
    this.#protectedPaths = ownFiles(initial, options.environment);
    this.#live = createLiveSettings({
      initial,
      resolve: resolveAgain,
      bound: () => boundAddresses(initial.settings),
      realPath: realFolder,
      onChanged: (result) => {
        this.#applySettings();
        this.#log?.event("info", "the config was taken", { ...result });
      },
      onKept: ({ detail: reason, hint, settings }) =>
        settings.length === 0
          ? this.#log?.event("error", "the changed config is not used", { reason, hint })
          : this.#log?.event("warn", "settings wait for a restart", { settings, reason, hint }),
    });
    const spillFolder = join(folder, "spill");
    const home = homeFolder(options.environment);
    const onSessionNotice: OnNotice = (message, details) => this.#log?.event("warn", message, { ...details });
    this.#hearth = composeHearth({
      settings: () => this.#live.current.settings,
      roots: () => this.roots,
      directory: () => this.#base(),
      protectedPaths: () => this.#protectedPaths,
      trustedPaths: () => this.#trustedPaths.get(),
      spillFolder: async () => {
        ensurePrivateFolder(spillFolder);
        return spillFolder;
      },
      sessionStore: createJournalStore(join(folder, "sessions"), onSessionNotice),
      onSessionNotice,
      onFunctionProblem: (problem, cause) => this.#log?.error(`functions are not loaded: ${problem}`, cause),
      onGuestSessions: (sessions, gone) => {
        if (home !== undefined) this.#shareSessions(home, sessions, gone);
      },
      modelsConfig: () => this.#live.current.modelsConfig,
      modelHost: {
        runtime: async () => options.runtime,
        stateFolder: folder,
        // As llama-swap in the foreground; in the background nobody would unload them.
        defaultTtlSeconds: () => (options.isBackground ? BACKGROUND_IDLE_SECONDS : 0),
        memoryBudgetBytes: () => this.#modelMemoryBytes(),
        logMaxBytes: () => this.#live.current.settings.log.maxBytes,
        hold: () => this.#life.inFlight.keep(),
        onNotice: (message, details) => this.#log?.event("warn", message, { ...details }),
        whyNone: () => whyNoModels(this.#live.current),
      },
      createEngine: (engineOptions) =>
        createEngineProcess(engineOptions, {
          runtime: options.runtime,
          onFailure: (reason) => this.#log?.error("the query engine's process ended", reason),
        }),
      createReaders: (readerOptions) =>
        createReaderPool(readerOptions, {
          runtime: options.runtime,
          onFailure: (reason) =>
            this.#log?.event("warn", "a reader process ended", { reason: reason.message, code: reason.code }),
        }),
    });
  }

  /** Without a budget that somebody named, models are not bounded: only they know what they take. */
  #modelMemoryBytes(): number | undefined {
    const { origins, settings } = this.#live.current;
    return origins.memoryBudget.origin === "default" ? undefined : settings.memoryBudgetBytes;
  }

  /** Only a courtesy to lynguine's tools: that it fails is no reason to refuse a session. */
  #shareSessions(home: string, sessions: readonly KnownSession[], gone: readonly string[]): void {
    try {
      updateSharedList(home, sessions, gone, Date.now() / 1000);
    } catch (error) {
      this.#log?.error("lynguine's list of sessions can't be written", error);
    }
  }

  /** Everything that somebody named, wherever they named it. */
  get roots(): readonly string[] {
    return [...new Set([...this.#live.current.settings.roots, ...this.#ownRoots])];
  }

  /** Where guests' relative paths start: beside the project's config, else where a person started the server. */
  #base(): string | undefined {
    const { config } = this.#live.current;
    const { directory, startedHow } = this.#options;
    const isBesideConfig = config?.how === "found" || (startedHow === "service" && config?.how === "flag");
    if (isBesideConfig) return dirname(config.realPath);
    return startedHow === "by-hand" ? directory : undefined;
  }

  async start(
    instance: Parameters<typeof serveInstance>[0]["instance"],
    log: RequestLog,
  ): Promise<ServeOutcome> {
    const { environment, runtime, startedHow } = this.#options;
    this.#log = log;
    const life = this.#life;
    const tracing = await startTracing(environment, (message, details) =>
      log.event("warn", message, { ...details }),
    );
    this.#tracing = tracing;
    const outcome = await serveInstance({
      runtime,
      instance,
      life,
      log,
      idleTimeoutSeconds: this.#idleTimeoutSeconds(),
      startedHow,
      roots: this.roots,
      version: VERSION,
      protocol: PROTOCOL,
      guestSocketPath: this.#live.current.settings.socket,
      tcp: this.#live.current.settings.tcp,
      supervisor: this.#options.supervisor,
      scope: this.#scope,
      handlersFor: (running) => {
        this.#running = running;
        return this.#handlers(running, log);
      },
      onReload: () => void this.#live.reload().catch((error: unknown) => log.error("reload failed", error)),
    });
    if (outcome.kind === "running") {
      // Left by a server that was killed; ours is the only one now.
      rmSync(join(instance.folder, "spill"), { recursive: true, force: true });
      // The first hook is the last to run: by then every span has ended.
      if (tracing !== undefined) life.onStop(tracing.close, () => FLUSH_MS);
      life.onStopping(() => this.#hearth.loadedModels()?.pool.shutDown());
      life.onStop(
        () => this.#hearth.close(),
        () => this.#longestStopMs(),
      );
      this.#wakeModels(instance.folder);
    }
    return outcome;
  }

  /** Preloaded models come with the server; what an earlier one left of its models goes. */
  #wakeModels(folder: string): void {
    const hasLeftovers = readdirSync(folder).some((name) => name.startsWith("children-"));
    const { preload } = this.#live.current.modelsConfig;
    if (!hasLeftovers && preload.length === 0) return;
    void this.#hearth
      .models()
      .then((models) => models.prepare())
      .catch((error: unknown) => this.#log?.error("models could not be prepared", error));
  }

  /** The engine's and the journals' part is quick; model servers have their own time to stop. */
  #longestStopMs(): number {
    const stops = [...this.#live.current.modelsConfig.models.values()].map(
      ({ stopTimeoutMs }) => stopTimeoutMs,
    );
    return Math.max(0, ...stops) + STOP_MS;
  }

  #idleTimeoutSeconds(): number {
    return (
      this.#live.current.settings.idleTimeoutSeconds ??
      (this.#options.isBackground ? BACKGROUND_IDLE_SECONDS : 0)
    );
  }

  #handlers(running: RunningServer, log: RequestLog): Handlers {
    const { life } = running;
    const guard = createGuard({
      policy: () => this.#policy(),
      isStopping: () => life.isStopping,
      onStopping: (listener) => life.onStopping(listener),
      enter: (kind) => life.inFlight.enter(kind),
      bodies: new BodyBudgets(() => this.#options.runtime.releaseMemory()),
      onFinished: (request) => noteRequest(request, this.#insight, log),
      onStarted: (request) => noteStarted(request, this.#insight),
      scope: this.#scope,
      ...(this.#tracing === undefined ? {} : { beginSpan: beginSpanBy(this.#tracing) }),
    });
    const app = createApp({
      hearth: this.#hearth,
      info: this.#info(running, log),
      insight: this.#insight,
      control: this.#control(running, log),
      signIn: {
        pages: this.#pages,
        keys: () => this.#keys(),
        isPrograms: () => false,
        isOwnAddress: (host) =>
          isOwnAddress(host, this.#reachedPort(running) ?? NO_PORT, this.#live.current.settings.allowedHosts),
      },
    });
    const answer: Parameters<typeof guard>[2] = (request, context) =>
      app.fetch(request, bindContext(context));
    const guest: CallerResolver = {
      kind: "guest",
      resolve: () => ({ kind: "guest", variables: this.#live.current.settings.guestEnvironment }),
    };
    const fallback = this.#options.directory;
    return {
      guest: this.#following((request, exchange) => guard(request, guest, answer, exchange)),
      owner: this.#telling(
        this.#following((request, exchange) => {
          const owner: CallerResolver = {
            kind: "owner",
            resolve: () => ownerOf(request.headers, fallback),
          };
          return guard(request, owner, answer, exchange);
        }),
      ),
    };
  }

  /** A changed config is taken before anybody is let in by it: a revoked key is of no use any more. */
  #following(handle: FetchHandler): FetchHandler {
    return (request, exchange) => {
      // A reload tells what changed: nothing must be taken just before it.
      const refreshing = pathOf(request.url) === RELOAD_PATH ? undefined : this.#live.refresh();
      return refreshing === undefined
        ? handle(request, exchange)
        : refreshing.then(() => handle(request, exchange));
    };
  }

  /** The owner's command says which settings the server keeps, whatever it asked. */
  #telling(handle: FetchHandler): FetchHandler {
    const tell = (response: Response, exchange: Exchange): Response => {
      const { kept } = this.#live;
      if (kept !== undefined) {
        const sentence = `${keptSentence(kept)}. ${kept.hint}`;
        exchange.setHeader(response, "x-hearth-notice", encodeURIComponent(sentence.slice(0, 1000)));
      }
      return response;
    };
    return (request, exchange) => {
      const answer = handle(request, exchange);
      if (this.#live.kept === undefined && !(answer instanceof Promise)) return answer;
      return answer instanceof Promise
        ? answer.then((response) => tell(response, exchange))
        : tell(answer, exchange);
    };
  }

  /** Asked for with every request, and made anew only with the config. */
  #policy(): AdmissionPolicy {
    const { modelsConfig, mustAuthenticate, settings } = this.#live.current;
    if (this.#policyOf?.settings !== settings) {
      const pages = this.#pages;
      const { allowedHosts, allowedOrigins, otherUsers, token } = settings;
      const policy = {
        allowedHosts,
        allowedOrigins,
        otherUsers,
        token,
        apiKeys: modelsConfig.apiKeys,
        mustAuthenticate,
        pages,
      };
      this.#policyOf = { settings, policy };
    }
    return this.#policyOf.policy;
  }

  #info(running: RunningServer, log: RequestLog): SystemInfo {
    const describePlace = () => ({
      runtime: running.runtimeName,
      config: this.#live.current.config?.path ?? null,
      directory: this.#base() ?? this.roots[0] ?? null,
    });
    return {
      identity: () => ({ ...describeHealth(running), ...describePlace() }),
      status: () => {
        const status = describeStatus({ server: running, statistics: this.#insight.statistics, log });
        const { timeoutSeconds, idleSeconds, remainingSeconds } = status.idle;
        return {
          uptimeSeconds: status.uptimeSeconds,
          residentBytes: status.memoryBytes,
          idleTimeout:
            timeoutSeconds === 0
              ? { enabled: false }
              : {
                  enabled: true,
                  timeout_seconds: timeoutSeconds,
                  idle_seconds: idleSeconds,
                  remaining_seconds: remainingSeconds ?? 0,
                },
          hearth: { ...status, ...describePlace(), roots: this.roots, keptSettings: this.#keptForAll() },
        };
      },
      metrics: () => ({
        runtime: running.runtimeName,
        uptimeSeconds: (Date.now() - running.startedTimeMs) / 1000,
        residentBytes: running.residentBytes(),
        statistics: this.#insight.statistics,
        inFlight: this.#life.inFlight,
        idle: running.idleClock,
      }),
    };
  }

  #control(running: RunningServer, log: RequestLog): ServerControl {
    return {
      pages: this.#pages,
      pageUrl: this.#pageUrl(running),
      tcpProblem: running.tcpProblem,
      stateFolder: stateFolder(this.#options.environment),
      log: {
        read(filter) {
          log.flush();
          return readLog(running.instance.logPath, filter);
        },
        follow: (listener) => log.follow(listener),
      },
      addRoots: async (roots, directory) => {
        const added = roots.map((root) => checkedFolder(root, directory));
        this.#ownRoots = [...new Set([...this.#ownRoots, ...added])];
        const startedHow = running.startedHow === "service" ? "service" : "by-hand";
        running.adopt({ startedHow, roots: this.roots });
        return this.roots;
      },
      reload: () => this.#live.reload(),
      showConfig: () => {
        const { origins, config, warnings, waiting } = this.#live.current;
        const kept = this.#live.kept ?? null;
        return { settings: origins, config: config ?? null, warnings, waiting, roots: this.roots, kept };
      },
    };
  }

  /** Guests read the status too: what is wrong in the config is not for them. */
  #keptForAll(): Omit<KeptSettings, "detail"> | null {
    const { kept } = this.#live;
    if (kept === undefined) return null;
    const { hint, reason, settings, since } = kept;
    return { since, settings, reason, hint };
  }

  /** The token and the keys that are good now. */
  #keys(): readonly string[] {
    const { modelsConfig, settings } = this.#live.current;
    return keysOf(settings.token, modelsConfig.apiKeys);
  }

  /** The port by which a browser gets here: our own, or the one that the system's service manager holds for us. */
  #reachedPort({ instance, port }: RunningServer): number | undefined {
    const [held] = this.#options.supervisor === undefined ? [] : portSequence(instance.portRule);
    return port ?? held;
  }

  #pageUrl(running: RunningServer): string | undefined {
    const { host } = running;
    const reached = this.#reachedPort(running);
    return reached === undefined ? undefined : `http://${urlHost(host)}:${reached}`;
  }

  #applySettings(): void {
    const { current } = this.#live;
    this.#protectedPaths = ownFiles(current, this.#options.environment);
    this.#hearth.configure();
    this.#log?.configure(current.settings.log);
    this.#running?.idleClock.setTimeoutSeconds(this.#idleTimeoutSeconds());
  }
}

/** A config may name models, and wait for its trust. */
function whyNoModels({ waiting }: ServerSettings): string | undefined {
  if (!waiting.some((key) => key === "models" || key === "peers" || key === "extends")) return undefined;
  return "The config that names models is not trusted yet: look at it, then run `hearth trust`.";
}

/** Where guests come in: they stay as they were bound. */
function boundAddresses({ host, socket, tcp }: Settings): Bound {
  return [
    ...(tcp ? [{ kind: "tcp" as const, host }] : []),
    ...(socket === undefined ? [] : [{ kind: "socket" as const, host }]),
  ];
}

function realFolder(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/** The folder that a person starts a server in is a root; the home folder and `/` only when they are named. */
function startFolder({ startedHow, directory, environment }: ServeOptions): readonly string[] {
  if (startedHow !== "by-hand" || directory === "/" || directory === homeFolder(environment)) return [];
  return [directory];
}

function checkedFolder(root: string, directory: string): string {
  const path = resolve(directory, root);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder === undefined) throw new HearthError("file-not-found", `No folder "${root}"`);
  if (!isFolder)
    throw new HearthError("not-a-file", `"${root}" is not a folder`, { errorType: "NotADirectoryError" });
  return realpathSync(path);
}

function beginSpanBy(tracing: Tracing): NonNullable<GuardOptions["beginSpan"]> {
  return ({ header, method, path, requestId }) =>
    tracing.begin({ header, method, requestId, route: routeOf(path) });
}

function noteRequest(request: FinishedRequest, insight: Insight, log: RequestLog): void {
  const { requestId, method, path, status, sentStatus, durationMs, headMs, callerKind, error } = request;
  const route = routeOf(path);
  noteAnswered(request, route, insight);
  const ended = { status, sentStatus, durationMs, headMs };
  log.request({ id: requestId, method, route, ...ended, caller: callerKind, code: error?.code });
  if (error === undefined) return;
  if (error.code === "internal") log.error("a request failed", error.cause, requestId);
  else if (status !== sentStatus && status !== 499) {
    log.event("warn", "an answer was broken off", { id: requestId, code: error.code, reason: error.message });
  } else if (error.cause !== undefined) {
    log.event("debug", "why a request was refused", { id: requestId, reason: String(error.cause) });
  }
}
