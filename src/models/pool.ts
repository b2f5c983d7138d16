import { didYouMean } from "../nearest.ts";
import { HearthError } from "../errors.ts";
import type { ModelConfig, ModelsConfig } from "./config/types.ts";
import { Output } from "./process/output.ts";
import { CountsByModel } from "./model-counts.ts";
import { isTaken } from "./process/port.ts";
import type { ProcessSystem } from "./process/guarded-process.ts";
import { watchHealth } from "./process/health-watch.ts";
import { resolveName } from "./resolve-name.ts";
import { prepareModel, type RunningModel } from "./running-model.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import type {
  Decision,
  ModelState,
  ModelView,
  SchedulerConfig,
  SchedulerEvent,
  StopReason,
} from "./scheduler/types.ts";

/** The use of a model's server by one request; `release` ends it, once. */
export interface Lease {
  readonly config: ModelConfig;
  /** Where its server answers, such as `http://localhost:5800`. */
  readonly baseUrl: string;
  release(): void;
}

/** A model changed its state. */
export interface ModelEvent {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly model: string;
  readonly state: ModelState;
  /** Why, where that is not plain. */
  readonly reason: string | undefined;
}

/** A model as it is now. */
export interface ModelStatus extends ModelView {
  readonly config: ModelConfig;
  readonly pid: number | undefined;
  readonly baseUrl: string | undefined;
  readonly command: readonly string[];
  /** Milliseconds that its last start took. */
  readonly loadMs: number | undefined;
}

export interface PoolParts {
  readonly config: ModelsConfig;
  readonly system: () => Promise<ProcessSystem>;
  /** Seconds without use after which a model goes whose config doesn't say; 0: never. */
  readonly defaultTtlSeconds: () => number;
  /** For all models together; undefined: no limit. */
  readonly memoryBudgetBytes: () => number | undefined;
  /** Where a model's output goes beside the memory. */
  readonly onOutput?: (model: string, line: string) => void;
  /** Told of what only a log can tell. */
  readonly onNotice?: (message: string, details: Readonly<Record<string, unknown>>) => void;
  /** Called while any model is loaded; what it gives is called when none is any more. */
  readonly hold?: () => () => void;
  /** Why the config names no model, where that needs a word. */
  readonly whyNone?: (() => string | undefined) | undefined;
}

interface WaitingRequest {
  readonly sinceMs: number;
  readonly resolve: (lease: Lease) => void;
  readonly reject: (error: HearthError) => void;
}

/** A measurement takes some milliseconds; a model's memory changes most with its first requests. */
const MEASURE_AGAIN_MS = 10_000;

/** Ports that are tried for one start. */
const MOST_PORTS = 3;

/**
 * The model servers of one hearth: it lets the scheduler decide, and does what was decided. Nothing runs before the first
 * request, but for what is preloaded.
 */
export class ModelPool {
  /** What was counted of each model, for whoever monitors them. */
  readonly counts = new CountsByModel();
  readonly #parts: PoolParts;
  readonly #scheduler: Scheduler;
  readonly #running = new Map<string, RunningModel>();
  /** One token for each life of a model, from the decision to start it until the one to stop it, or its end. */
  readonly #lives = new Map<string, symbol>();
  /** Of the last failed start, by model. */
  readonly #startHints = new Map<string, string>();
  readonly #outputs = new Map<string, Output>();
  readonly #waiting = new Map<number, WaitingRequest>();
  readonly #listeners = new Set<(event: ModelEvent) => void>();
  readonly #states = new Map<string, ModelState>();
  readonly #measuredMs = new Map<string, number>();
  /** Starts and stops under way. */
  readonly #work = new Set<Promise<void>>();
  #config: ModelsConfig;
  #lastRequest = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Infinity;
  #release: (() => void) | undefined;
  /** A server was started, so there is a guardian to end. */
  #wasUsed = false;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#scheduler = new Scheduler(this.#schedulerConfig(), performance.now());
    this.#arm();
  }

  get config(): ModelsConfig {
    return this.#config;
  }

  /** The id of the model that a name means. Throws `model-unknown`. */
  idOf(name: string): string {
    const id = this.#config.names.get(name);
    if (id !== undefined) return id;
    const known = [...this.#config.models.values()]
      .filter(({ listing }) => listing.isListed)
      .map(({ id }) => id);
    throw new HearthError("model-unknown", `No model named "${name.slice(0, 200)}"`, {
      hint:
        known.length === 0
          ? (this.#parts.whyNone?.() ?? "The config names no models.")
          : didYouMean(name, known),
    });
  }

  /**
   * Waits until a model's server can take the request, starting it where it must.
   *
   * @param signal the caller's leaving: the place in the queue is given up
   * @throws HearthError `model-unknown`, `model-unavailable`, `queue-full`, `queue-timeout`, `server-stopping`; the
   * signal's own reason
   */
  acquire(id: string, signal?: AbortSignal): Promise<Lease> {
    signal?.throwIfAborted();
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    const { promise, resolve, reject } = Promise.withResolvers<Lease>();
    const leave = () => {
      if (!this.#waiting.delete(request)) return;
      reject(signal?.reason);
      this.#handle({ type: "cancelled", id: request });
    };
    this.#waiting.set(request, {
      sinceMs: performance.now(),
      resolve: (lease) => {
        signal?.removeEventListener("abort", leave);
        resolve(lease);
      },
      reject: (error) => {
        signal?.removeEventListener("abort", leave);
        reject(error);
      },
    });
    signal?.addEventListener("abort", leave);
    this.#handle({ type: "request", id: request, model: id });
    return promise;
  }

  /**
   * The name of the model that a name stands for now: through the profile and selectors. Throws `model-unknown` for a name
   * that the profile switches off; other names are looked at by `idOf`.
   */
  resolve(name: string): string {
    const look = (id: string) => this.#scheduler.view(id, performance.now());
    const resolved = resolveName(this.#config, name, look);
    if (resolved !== undefined) return resolved;
    throw new HearthError("model-unknown", `No model named "${name.slice(0, 200)}"`, {
      hint: "The profile in the config switches it off.",
    });
  }

  /** True when a request for it would be sent at once. */
  isReady(id: string): boolean {
    return this.#scheduler.view(id, performance.now())?.state === "ready";
  }

  /** Loads a model whatever failed before; settles when it is ready. Throws `model-unavailable` and so on. */
  async load(id: string, signal?: AbortSignal): Promise<void> {
    this.#handle({ type: "load", model: id });
    const lease = await this.acquire(id, signal);
    lease.release();
  }

  /** Unloads a model after its running requests; settles when its last process is gone. */
  async unload(id: string): Promise<void> {
    const gone = this.#whenGone(id);
    this.#handle({ type: "unload", model: id });
    await gone;
  }

  pin(id: string, isPinned: boolean): void {
    this.#handle({ type: "pin", model: id, isPinned });
  }

  /** All models, in the order of the config. */
  list(): readonly ModelStatus[] {
    const nowMs = performance.now();
    return [...this.#config.models.values()].flatMap((config) => {
      const view = this.#scheduler.view(config.id, nowMs);
      if (view === undefined) return [];
      const running = this.#running.get(config.id);
      return {
        ...view,
        config,
        pid: running?.process.isRunning === true ? running.process.pid : undefined,
        baseUrl: running?.process.baseUrl,
        command: running?.command ?? config.command,
        loadMs: running?.loadMs,
      };
    });
  }

  /** What a model's servers printed, its earlier ones included. */
  outputOf(id: string): Output {
    let output = this.#outputs.get(id);
    if (output === undefined) {
      output = new Output();
      this.#outputs.set(id, output);
      const { onOutput } = this.#parts;
      if (onOutput !== undefined) output.follow((line) => onOutput(id, line));
    }
    return output;
  }

  /** Calls `listener` with every change of a state; what it returns ends that. */
  onEvent(listener: (event: ModelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes another config: models whose config is the same stay as they are. */
  configure(config: ModelsConfig): void {
    const before = this.#config;
    const restart = [...config.models.values()].filter((model) =>
      needsRestart(before.models.get(model.id), model),
    );
    this.#config = config;
    this.counts.keep((id) => config.models.has(id) || config.peerModels.has(id));
    this.#handle({
      type: "configure",
      config: this.#schedulerConfig(),
      restart: new Set(restart.map(({ id }) => id)),
    });
  }

  /** Takes nothing new: what waits is refused, what loads is stopped; running requests go on. */
  shutDown(): void {
    this.#handle({ type: "shutdown" });
    this.#release?.();
    this.#release = undefined;
  }

  /** Stops all servers; settles when the last process is gone. */
  async close(): Promise<void> {
    this.shutDown();
    clearTimeout(this.#timer);
    await Promise.all([...this.#running.values()].map(({ process }) => process.stop()));
    await Promise.all(this.#work);
    if (this.#wasUsed) await (await this.#parts.system()).guardian.close();
  }

  #schedulerConfig(): SchedulerConfig {
    const { models, groups, matrix, preload, fairnessMs } = this.#config;
    const defaultTtlMs = this.#parts.defaultTtlSeconds() * 1000;
    const scheduled = [...models.values()].map((model) => ({
      id: model.id,
      ttlMs: model.ttlSeconds === undefined ? defaultTtlMs : model.ttlSeconds * 1000,
      concurrencyLimit: model.concurrencyLimit,
      queueLimit: model.queueLimit,
      queueTimeoutMs: model.queueTimeoutMs,
      memoryBytes: model.memoryBytes,
      priority: model.priority,
    }));
    return {
      models: new Map(scheduled.map((model) => [model.id, model])),
      groups,
      matrix,
      preload,
      fairnessMs,
      memoryBudgetBytes: this.#parts.memoryBudgetBytes(),
    };
  }

  #handle(event: SchedulerEvent): void {
    for (const decision of this.#scheduler.handle(event, performance.now())) this.#do(decision);
    this.#arm();
    if (event.type !== "request" && event.type !== "finished") this.#noteStates();
  }

  #do(decision: Decision): void {
    switch (decision.type) {
      case "dispatch":
        this.#dispatch(decision.id, decision.model);
        break;
      case "reject":
        this.#reject(decision);
        break;
      case "start":
        this.#noteStates();
        this.#track(this.#start(decision.model));
        break;
      case "stop":
        this.counts.of(decision.model).unloads.add(decision.reason);
        this.#noteStates(decision.model, decision.reason);
        this.#track(this.#stop(decision.model));
        break;
      default:
    }
  }

  /** Lets work go on that nobody waits for but `close`. What fails in it must not end the whole server. */
  #track(work: Promise<void>): void {
    const tracked = this.#contained(work).finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  #contained(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      this.#parts.onNotice?.("work on a model failed", { reason: String(error) });
    });
  }

  #dispatch(request: number, model: string): void {
    const waiting = this.#waiting.get(request);
    const running = this.#running.get(model);
    this.#waiting.delete(request);
    if (waiting === undefined || running === undefined) {
      this.#handle({ type: "finished", id: request });
      return;
    }
    this.counts.of(model).queueWait.add(performance.now() - waiting.sinceMs);
    let isHeld = true;
    waiting.resolve({
      config: this.#config.models.get(model) ?? running.config,
      baseUrl: running.process.baseUrl,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#handle({ type: "finished", id: request });
        this.#measureSometimes(model);
      },
    });
  }

  #reject({ id, model, code, message, retryAfterMs }: Extract<Decision, { type: "reject" }>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (code !== "model-unknown") this.counts.of(model).rejections.add(code);
    waiting?.reject(
      new HearthError(code, message, {
        retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
        ...(code === "model-unavailable" ? { hint: this.#hintOf(model) } : {}),
      }),
    );
  }

  /** What to do about a model that could not be started: its failure's own hint, else where its output is. */
  #hintOf(model: string): string {
    return this.#startHints.get(model) ?? `Its output: hearth models logs ${model}`;
  }

  async #start(id: string): Promise<void> {
    const config = this.#config.models.get(id);
    if (config === undefined) return;
    const life = Symbol(id);
    this.#lives.set(id, life);
    this.#wasUsed = true;
    this.#release ??= this.#parts.hold?.();
    const beganMs = performance.now();
    let running: RunningModel | undefined;
    try {
      running = await this.#run(config, () => this.#lives.get(id) === life);
    } catch (error) {
      if (this.#lives.get(id) === life) this.#startFailed(id, error);
      return;
    }
    if (running === undefined || this.#lives.get(id) !== life) return;
    const loadMs = performance.now() - beganMs;
    running.loadMs = Math.round(loadMs);
    this.counts.of(id).load.add(loadMs);
    void this.#contained(this.#watch(id, running, life));
    if (config.healthCheck !== undefined) {
      watchHealth(running.process, config.healthCheck, () => this.#isBusy(id));
    }
    this.#handle({ type: "ready", model: id });
    await this.#measure(id, running);
  }

  #isBusy(id: string): boolean {
    return (this.#scheduler.view(id, performance.now())?.inFlight ?? 0) > 0;
  }

  /**
   * Starts a model's server; on another port when somebody else took the one that was free a moment ago. Gives undefined
   * when it is not wanted any more.
   */
  async #run(config: ModelConfig, isWanted: () => boolean): Promise<RunningModel | undefined> {
    const { id } = config;
    const system = await this.#parts.system();
    const used = new Set(this.#usedPorts(id));
    for (let attempt = 1; ; attempt += 1) {
      const running = await prepareModel(config, this.outputOf(id), system, used);
      if (!isWanted()) return undefined;
      this.#running.set(id, running);
      try {
        await running.process.start();
        return running;
      } catch (error) {
        const isLost = running.port !== undefined && attempt < MOST_PORTS && (await isTaken(running.port));
        if (!isWanted() || !isLost) throw error;
        used.add(running.port as number);
      }
    }
  }

  /** The ports of other models, running or not: one that is free now may be wanted a moment later. */
  #usedPorts(id: string): ReadonlySet<number> {
    const others = [...this.#config.models.values()].filter((model) => model.id !== id);
    const running = [...this.#running.values()].filter(({ config }) => config.id !== id);
    return new Set([...others, ...running].flatMap(({ port }) => port ?? []));
  }

  #startFailed(id: string, error: unknown): void {
    this.#lives.delete(id);
    this.#running.delete(id);
    this.counts.of(id).failures.start += 1;
    const reason = error instanceof HearthError ? error.message : String(error);
    const hint = error instanceof HearthError ? error.hint : undefined;
    if (hint === undefined) this.#startHints.delete(id);
    else this.#startHints.set(id, hint);
    this.#parts.onNotice?.("a model could not be started", { model: id, reason });
    this.#handle({ type: "start-failed", model: id, reason });
    this.#letGo();
  }

  /** Sees to a server that ends by itself: what is left of it is ended before the next one may start. */
  async #watch(id: string, running: RunningModel, life: symbol): Promise<void> {
    const { exitCode, signal } = await running.process.exited;
    if (this.#lives.get(id) !== life) return;
    await running.process.stop();
    if (this.#lives.get(id) !== life) return;
    this.#lives.delete(id);
    this.#running.delete(id);
    this.counts.of(id).failures.running += 1;
    const how = running.process.failure ?? signal ?? `exit code ${exitCode ?? "unknown"}`;
    const tail = running.process.output.tail(5).join("").trimEnd();
    const reason = `The server of "${id}" ended by itself (${how})\n${tail}`;
    this.#parts.onNotice?.("a model ended by itself", { model: id, reason: how });
    this.#handle({ type: "exited", model: id, reason });
    this.#letGo();
  }

  async #stop(id: string): Promise<void> {
    this.#lives.delete(id);
    const running = this.#running.get(id);
    await running?.process.stop();
    this.#running.delete(id);
    this.#handle({ type: "stopped", model: id });
    this.#letGo();
  }

  /** With the last server the hold on this hearth's own life ends. */
  #letGo(): void {
    if (this.#running.size > 0) return;
    this.#release?.();
    this.#release = undefined;
  }

  #whenGone(id: string): Promise<void> {
    if (this.#running.get(id) === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const end = this.onEvent(({ model, state }) => {
        if (model !== id || (state !== "stopped" && state !== "failed" && state !== "starting")) return;
        end();
        resolve();
      });
    });
  }

  #measureSometimes(id: string): void {
    const running = this.#running.get(id);
    const measuredMs = this.#measuredMs.get(id) ?? 0;
    if (running === undefined || performance.now() - measuredMs < MEASURE_AGAIN_MS) return;
    this.#track(this.#measure(id, running));
  }

  async #measure(id: string, running: RunningModel): Promise<void> {
    if (running.config.memoryBytes !== undefined) return;
    this.#measuredMs.set(id, performance.now());
    const memoryBytes = await running.process.residentBytes();
    if (memoryBytes > 0) this.#handle({ type: "measured", model: id, memoryBytes });
  }

  #arm(): void {
    const wakeMs = this.#scheduler.nextWakeMs ?? Infinity;
    // An earlier timer is no harm: its tick looks again.
    if (wakeMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = wakeMs;
    const delayMs = Math.min(2 ** 31 - 1, Math.max(1, Math.ceil(wakeMs - performance.now())));
    this.#timer = setTimeout(() => {
      this.#timerMs = Infinity;
      this.#handle({ type: "tick" });
    }, delayMs);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Tells what changed, at most once for each state that a model was in. */
  #noteStates(stopping?: string, reason?: StopReason): void {
    const nowMs = performance.now();
    for (const id of new Set([...this.#config.models.keys(), ...this.#states.keys()])) {
      const view = this.#scheduler.view(id, nowMs);
      const state = view?.state ?? "stopped";
      if ((this.#states.get(id) ?? "stopped") === state) continue;
      this.#states.set(id, state);
      const why = id === stopping ? reason : state === "failed" ? view?.reason : undefined;
      const event = { timeMs: Date.now(), model: id, state, reason: why };
      for (const listener of this.#listeners) listener(event);
    }
  }
}

/** Another server, or the same one in another way, needs a new process; everything else is taken as it is. */
function needsRestart(before: ModelConfig | undefined, after: ModelConfig): boolean {
  if (before === undefined) return false;
  const identity = ({ command, env, proxy, port, checkEndpoint, stopCommand }: ModelConfig) =>
    JSON.stringify([command, env, proxy, port, checkEndpoint, stopCommand]);
  return identity(before) !== identity(after);
}
