import { join, resolve } from "node:path";
import type { MiddlewareHandler } from "hono";
import { keysOf } from "../routes/admission.ts";
import type { SignInParts } from "../routes/page-sign-in.ts";
import { isOwnAddress } from "./insight/own-address.ts";
import { PageAccess } from "./insight/page-access.ts";
import { createApp, type HearthApp } from "../routes/app.ts";
import { BodyBudgets } from "../routes/body-room.ts";
import { bindContext, type HearthEnv } from "../routes/context.ts";
import type { RequestContext } from "../routes/request-context.ts";
import { routeOf } from "../routes/endpoints.ts";
import { hasRight, OWNER_ACCESS } from "../routes/key-access.ts";
import { noteAnswered, noteStarted } from "../routes/note-request.ts";
import { type CallerResolver, createGuard, type FinishedRequest } from "../routes/guard.ts";
import { mountPrefix } from "../routes/mount-prefix.ts";
import type { Caller } from "./access/caller.ts";
import {
  type EmbeddedServer,
  GRACE_MS,
  listen,
  listenAddress,
  type ListenOptions,
} from "./embedded-server.ts";
import { EMBEDDED_HINTS } from "./embedded-hints.ts";
import { checkOptions } from "./embedded-options.ts";
import { EmbeddedSettings, type SettingSources } from "./embedded-settings.ts";
import { HearthError } from "./errors.ts";
import { checkExposure } from "./server/exposure.ts";
import type { UserFunctions } from "./functions/user-functions.ts";
import { composeHearth, type Hearth, type StatusParts, type SystemInfo } from "./hearth.ts";
import { within } from "./lifecycle/drain.ts";
import { createInsight } from "./insight/insight.ts";
import { createServerLife } from "./lifecycle/life.ts";
import type { ServerFacts } from "./metrics/server-samples.ts";
import { loadRuntime, runtimeName } from "./runtime/detect.ts";
import type { Exchange } from "./runtime/types.ts";
import { createJournalStore } from "./sessions/journal.ts";
import type { SessionStore } from "./sessions/store.ts";
import { createSpillFolder } from "./spill-folder.ts";
import { PROTOCOL, VERSION } from "./version.ts";

/**
 * Says who is asking: the owner may reach every file of this process, a guest those below the roots; everything else is
 * refused. It must not read the body, except of a clone.
 */
export type Authorize = (request: Request) => Access | Promise<Access>;
type Access = Caller["kind"] | "refused";

/** What an embedding program grants. Nothing is implied: what is not named here is not there. */
export interface HearthOptions extends SettingSources {
  /** Folder that callers' relative paths start from; the first root by default. */
  readonly directory?: string;
  /** Decides for each request who is asking, after the token. Without it everyone is a guest. */
  readonly authorize?: Authorize;
  /** Compute functions of the program's own, by name. */
  readonly functions?: UserFunctions;
  /** Told of the failures that are not the caller's: of status 500 and above. `error.cause` is what was thrown. */
  readonly onError?: (error: HearthError, requestId: string) => void;
}

/** A hearth inside another program; `createHearth` makes it. */
export class EmbeddedHearth {
  /** A Hono app to mount in another, under any prefix. */
  readonly app: HearthApp;
  readonly #options: HearthOptions;
  readonly #settings: EmbeddedSettings;
  readonly #hearth: Hearth;
  readonly #bare: HearthApp;
  readonly #life = createServerLife();
  readonly #insight = createInsight();
  readonly #pages = new PageAccess(undefined);
  readonly #bodies = new BodyBudgets();
  readonly #servers = new Set<EmbeddedServer>();
  readonly #spill: ReturnType<typeof createSpillFolder>;
  readonly #startedMs = performance.now();
  /** For requests that come through the program: it knows its own host names. */
  readonly #mountedGuard = this.#createGuard(() => this.#settings.namesHosts);
  /** For requests that come to a listener of our own. */
  readonly #servedGuard = this.#createGuard(() => true);
  #closing: Promise<void> | undefined;

  constructor(options: HearthOptions) {
    checkOptions(options);
    const { directory, stateDir } = options;
    this.#options = options;
    this.#settings = new EmbeddedSettings(options, () => this.#hearth.configure());
    this.#spill = createSpillFolder(stateDir);
    this.#hearth = composeHearth({
      settings: () => this.#settings.current,
      roots: () => this.#settings.current.roots,
      directory: () => (directory === undefined ? undefined : resolve(directory)),
      protectedPaths: () => this.#settings.protectedPaths,
      trustedPaths: () => this.#settings.trustedPaths,
      spillFolder: this.#spill.get,
      functions: options.functions,
      modelsConfig: () => this.#settings.modelsConfig,
      modelHost: {
        runtime: loadRuntime,
        stateFolder: stateDir === undefined ? undefined : resolve(stateDir),
        defaultTtlSeconds: () => 0,
        memoryBudgetBytes: () => this.#settings.modelMemoryBytes,
        logMaxBytes: () => this.#settings.current.log.maxBytes,
      },
      ...(stateDir === undefined ? {} : { sessionStore: keptSessions(stateDir) }),
    });
    const info: SystemInfo = {
      identity: () => this.#identity(),
      status: () => this.#status(),
      metrics: () => this.#metrics(),
    };
    const signIn: SignInParts = {
      pages: this.#pages,
      keys: () => this.#keys(),
      isOwnAddress: (host) => isOwnAddress(host, undefined, []),
      isPrograms: () => options.authorize !== undefined && this.#keys().length === 0,
    };
    const parts = { hearth: this.#hearth, info, insight: this.#insight, signIn };
    this.#bare = createApp(parts);
    this.app = createApp(parts, this.#middleware());
  }

  /** Answers one request; an arrow function, so that it can be handed to a server as it is. */
  readonly fetch = (request: Request): Response | Promise<Response> =>
    this.#answer(this.#mountedGuard, request);

  /**
   * Reads the config now rather than at the first request, and begins to load the models that it wants at the start. Throws
   * `config-invalid`.
   */
  async ready(): Promise<void> {
    await this.#settings.read();
    if (this.#settings.modelsConfig.preload.length > 0) await this.#hearth.models();
  }

  /**
   * Listens, with the check of `Host` that a server of its own needs. Throws `port-taken`, `address-invalid`, and
   * `config-invalid` also for an address beyond this machine without a token or `authorize`.
   */
  async serve(options: ListenOptions = {}): Promise<EmbeddedServer> {
    await this.ready();
    const address = listenAddress(options);
    const guard = address.kind === "tcp" ? this.#servedGuard : this.#mountedGuard;
    if (address.kind === "tcp") {
      const isGuarded = this.#settings.current.token !== undefined || this.#options.authorize !== undefined;
      checkExposure(address.host, isGuarded, "Give `token` or `authorize`, or listen on 127.0.0.1.");
    }
    this.#checkOpen();
    const server = await listen(
      address,
      (request, exchange) => this.#answer(guard, request, exchange),
      this.#life.inFlight,
    );
    if (this.#life.isStopping) await server.close();
    this.#checkOpen();
    this.#servers.add(server);
    return server;
  }

  /**
   * Refuses new requests with 503, lets running ones end for up to ten seconds, and frees everything: servers, memory,
   * the engine, files.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    this.#life.beginStopping();
    this.#hearth.loadedModels()?.pool.shutDown();
    const servers = Promise.all([...this.#servers].map((server) => server.close()));
    await within(GRACE_MS, this.#life.inFlight.whenNone("use"));
    await servers;
    await this.#hearth.close();
    this.#spill.remove();
  }

  /** The token and the keys that are good now. */
  #keys(): readonly string[] {
    return keysOf(this.#settings.current.token, this.#settings.modelsConfig.apiKeys);
  }

  #createGuard(checksHost: () => boolean): Guard {
    return createGuard({
      policy: () => {
        const { current, modelsConfig } = this.#settings;
        const { apiKeys } = modelsConfig;
        const otherUsers = current.otherUsers || this.#options.authorize !== undefined;
        const policy = { ...current, apiKeys, otherUsers, pages: this.#pages };
        return checksHost() ? policy : { ...policy, allowedHosts: undefined };
      },
      isStopping: () => this.#life.isStopping,
      onStopping: (listener) => this.#life.onStopping(listener),
      enter: (kind) => this.#life.inFlight.enter(kind),
      bodies: this.#bodies,
      onFinished: (request) => this.#note(request),
      onStarted: (request) => noteStarted(request, this.#insight),
      hints: EMBEDDED_HINTS,
    });
  }

  #middleware(): MiddlewareHandler<HearthEnv> {
    return async (c, next) => {
      const answer = async (context: RequestContext) => {
        c.set("hearthContext", context);
        await next();
        return c.res;
      };
      return this.#admitted(this.#mountedGuard, c.req.raw, answer, mountPrefix(c));
    };
  }

  #answer(guard: Guard, request: Request, exchange?: Exchange): Answered {
    const answer: ContextAnswer = (context) => this.#bare.fetch(request, bindContext(context));
    return this.#admitted(guard, request, answer, undefined, exchange);
  }

  /** Waits for the config, in which a token may stand; then the guard lets in, and finally `authorize` says who it is. */
  #admitted(
    guard: Guard,
    request: Request,
    answer: ContextAnswer,
    prefix?: string,
    exchange?: Exchange,
  ): Answered {
    const guest: CallerResolver = {
      kind: "guest",
      resolve: () => ({ kind: "guest", variables: this.#settings.current.guestEnvironment }),
      prefix,
    };
    const guarded = () =>
      guard(request, guest, (_, context) => this.#authorized(request, context, answer), exchange);
    const reading = this.#settings.read();
    if (reading === undefined) return guarded();
    return reading.then(guarded, (error: unknown) => guard(request, guest, () => refuseForConfig(error)));
  }

  #authorized(request: Request, context: RequestContext, answer: ContextAnswer): Answered {
    const { authorize } = this.#options;
    if (authorize === undefined) return answer(context);
    const access = authorize(request);
    if (!(access instanceof Promise)) return answer(this.#contextFor(access, context));
    return access.then((settled) => answer(this.#contextFor(settled, context)));
  }

  // Whatever a program's function may give besides, a slip must never make an owner of anybody.
  #contextFor(access: Access, context: RequestContext): RequestContext {
    if (access === "guest") {
      // The program tells owners from guests: what models print is not for the latter without an admin key.
      if (!hasRight(context.access, "admin")) context.access = { ...context.access, seesOutput: false };
      return context;
    }
    if (access !== "owner") throw new HearthError("unauthorized", "This program does not let you in");
    const directory = resolve(this.#options.directory ?? this.#options.roots?.[0] ?? ".");
    const caller: Caller = {
      kind: "owner",
      directory,
      environment: {},
      timeZone: undefined,
      umask: undefined,
    };
    context.caller = () => caller;
    context.access = OWNER_ACCESS;
    return context;
  }

  #note(request: FinishedRequest): void {
    noteAnswered(request, routeOf(request.path), this.#insight);
    const { error, requestId } = request;
    const { onError } = this.#options;
    if (onError === undefined || error === undefined || error.status < 500) return;
    // On its own: a function that throws must not cost the caller its answer.
    if (error.code !== "server-stopping") queueMicrotask(() => onError(error, requestId));
  }

  #checkOpen(): void {
    if (this.#life.isStopping) throw new HearthError("server-stopping", "This hearth was closed");
  }

  #identity() {
    return {
      version: VERSION,
      protocol: PROTOCOL,
      runtime: runtimeName(),
      instance: null,
      config: null,
      directory: null,
      pid: process.pid,
    };
  }

  #status(): StatusParts {
    return {
      uptimeSeconds: this.#uptimeSeconds(),
      residentBytes: process.memoryUsage.rss(),
      idleTimeout: { enabled: false },
      hearth: { ...this.#identity(), requests: this.#insight.statistics.summary() },
    };
  }

  #metrics(): ServerFacts {
    return {
      runtime: runtimeName(),
      uptimeSeconds: this.#uptimeSeconds(),
      residentBytes: process.memoryUsage.rss(),
      statistics: this.#insight.statistics,
      inFlight: this.#life.inFlight,
      idle: undefined,
    };
  }

  #uptimeSeconds(): number {
    return Math.round(performance.now() - this.#startedMs) / 1000;
  }
}

/** Without a folder for state sessions end with the program. */
function keptSessions(stateDir: string): SessionStore {
  // What is lost is told with the answer that could not be given; there is no log here.
  return createJournalStore(join(stateDir, "sessions"), () => {});
}

type Guard = ReturnType<typeof createGuard>;
type Answered = Response | Promise<Response>;
type ContextAnswer = (context: RequestContext) => Answered;

/** What stands in a program's config is none of its callers' business. */
function refuseForConfig(cause: unknown): never {
  throw new HearthError("start-failed", "The config of this hearth can't be used", {
    hint: "The program that runs it is told why.",
    cause,
  });
}
