import { ModelRecord } from "./model-record.ts";
import { beyondBudget, planLoad, type Resident } from "./plan-load.ts";
import type {
  Decision,
  ModelView,
  SchedulerConfig,
  SchedulerEvent,
  SchedulerModel,
  StopReason,
} from "./types.ts";

/** When a client whom nothing better can be told should ask again. */
const RETRY_MS = 1000;

/**
 * Decides which models run and which request goes to them next: events in, decisions out, on the clock that the events
 * come with. It starts nothing, stops nothing and has no timer: `nextWakeMs` says when it wants a `tick`.
 *
 * A request for a model that is ready goes to it at once. A model that others want is not unloaded under running
 * requests: while it is in use it keeps the others waiting for the fairness window, counted from their coming and from
 * its own readiness; then it takes no further requests, ends those that run, and goes. So mixed requests for two models
 * that exclude each other lead to few swaps, and a steady flow for one starves no other.
 */
export class Scheduler {
  #config: SchedulerConfig;
  readonly #records = new Map<string, ModelRecord>();
  /** Model of each request that waits or runs, by the request's id. */
  readonly #requests = new Map<number, { readonly record: ModelRecord; isRunning: boolean }>();
  #isShutDown = false;
  #wakeMs: number | undefined;
  /** Models that somebody waits for, or that are on their way somewhere. */
  #unsettled = 0;

  constructor(config: SchedulerConfig, nowMs: number) {
    this.#config = config;
    for (const model of config.models.values()) this.#records.set(model.id, new ModelRecord(model));
    this.#wantPreloaded(nowMs);
    this.#wakeMs = config.preload.length > 0 ? nowMs : undefined;
  }

  /** When a `tick` is due, by the events' clock; undefined: nothing will happen by itself. */
  get nextWakeMs(): number | undefined {
    return this.#wakeMs;
  }

  /** Takes an event at a time, and says what is to be done about it. Times must not go back. */
  handle(event: SchedulerEvent, nowMs: number): readonly Decision[] {
    const quick = this.#handleQuickly(event, nowMs);
    if (quick !== undefined) return quick;
    const decisions: Decision[] = [];
    this.#take(event, nowMs, decisions);
    this.#advance(nowMs, decisions);
    return decisions;
  }

  /** How a model stands; undefined for one that isn't configured. */
  view(id: string, nowMs: number): ModelView | undefined {
    const record = this.#records.get(id);
    if (record === undefined || record.isRemoved) return undefined;
    const { unloadAtMs, retryAtMs } = record;
    return {
      id,
      state: record.state,
      inFlight: record.inFlight,
      queued: record.queue.length,
      isPinned: record.isPinned,
      memoryBytes: record.memoryBytes,
      lastUsedMs: record.lastUsedMs,
      readySinceMs: record.readySinceMs,
      ttlLeftMs: unloadAtMs === undefined ? undefined : Math.max(0, unloadAtMs - nowMs),
      starts: record.starts,
      failures: record.failures,
      reason: record.reason,
      retryInMs: retryAtMs === undefined || retryAtMs <= nowMs ? undefined : retryAtMs - nowMs,
    };
  }

  /** Most requests find their model ready and nobody waiting: then nothing else is looked at. */
  #handleQuickly(event: SchedulerEvent, nowMs: number): readonly Decision[] | undefined {
    if (this.#unsettled > 0) return undefined;
    if (event.type === "request") {
      const record = this.#records.get(event.model);
      if (record?.state !== "ready" || !record.hasRoom || record.queue.length > 0) return undefined;
      return [this.#dispatch(record, event.id, nowMs)];
    }
    if (event.type !== "finished") return undefined;
    const running = this.#requests.get(event.id);
    if (running?.record.state !== "ready") return undefined;
    this.#finish(event.id, nowMs);
    const { unloadAtMs } = running.record;
    if (unloadAtMs !== undefined) this.#wakeMs = Math.min(this.#wakeMs ?? Infinity, unloadAtMs);
    return [];
  }

  #take(event: SchedulerEvent, nowMs: number, decisions: Decision[]): void {
    switch (event.type) {
      case "request":
        this.#enqueue(event.id, event.model, nowMs, decisions);
        break;
      case "cancelled":
        this.#cancel(event.id);
        break;
      case "finished":
        this.#finish(event.id, nowMs);
        break;
      case "configure":
        this.#configure(event.config, event.restart, nowMs, decisions);
        break;
      case "shutdown":
        this.#shutDown(decisions);
        break;
      case "tick":
        break;
      default:
        this.#takeOfModel(event, nowMs, decisions);
    }
  }

  #takeOfModel(
    event: Extract<SchedulerEvent, { model: string }>,
    nowMs: number,
    decisions: Decision[],
  ): void {
    const record = this.#records.get(event.model);
    if (record === undefined) return;
    switch (event.type) {
      case "ready":
        if (record.state === "starting") record.becameReady(nowMs);
        break;
      case "start-failed":
      case "exited":
        this.#fail(record, event.reason, nowMs, decisions);
        break;
      case "stopped":
        record.stopped();
        if (record.isRemoved) this.#forget(record, decisions);
        break;
      case "load":
        record.forgive();
        if (!record.isResident || record.state === "stopping") record.wantedSinceMs ??= nowMs;
        break;
      case "unload":
        this.#unload(record, decisions);
        break;
      case "pin":
        record.isPinned = event.isPinned;
        break;
      case "measured":
        record.measuredBytes = event.memoryBytes;
        break;
      default:
    }
  }

  #enqueue(id: number, model: string, nowMs: number, decisions: Decision[]): void {
    const record = this.#records.get(model);
    const reject = (
      code: "model-unknown" | "model-unavailable" | "queue-full" | "server-stopping",
      message: string,
      retryAfterMs: number,
    ) => decisions.push({ type: "reject", id, model, code, message, retryAfterMs });
    if (record === undefined || record.isRemoved) reject("model-unknown", `No model named "${model}"`, 0);
    else if (this.#isShutDown) reject("server-stopping", "The server is stopping", RETRY_MS);
    else if (record.state === "failed" && (record.retryAtMs ?? nowMs) > nowMs) {
      reject("model-unavailable", record.reason ?? "it failed", (record.retryAtMs ?? nowMs) - nowMs);
    } else if (
      record.queue.length >= record.config.queueLimit &&
      !(record.state === "ready" && record.hasRoom)
    ) {
      const count = record.queue.length;
      reject("queue-full", `${count} requests wait for "${model}" already`, RETRY_MS);
    } else {
      record.queue.push({ id, sinceMs: nowMs });
      this.#requests.set(id, { record, isRunning: false });
    }
  }

  #cancel(id: number): void {
    const request = this.#requests.get(id);
    if (request === undefined || request.isRunning) return;
    this.#requests.delete(id);
    const { queue } = request.record;
    const index = queue.findIndex((waiting) => waiting.id === id);
    if (index >= 0) queue.splice(index, 1);
  }

  #finish(id: number, nowMs: number): void {
    const request = this.#requests.get(id);
    if (request === undefined || !request.isRunning) return;
    this.#requests.delete(id);
    const { record } = request;
    record.inFlight = Math.max(0, record.inFlight - 1);
    record.lastUsedMs = nowMs;
  }

  #dispatch(record: ModelRecord, id: number, nowMs: number): Decision {
    record.inFlight += 1;
    record.lastUsedMs = nowMs;
    this.#requests.set(id, { record, isRunning: true });
    return { type: "dispatch", id, model: record.config.id };
  }

  #fail(record: ModelRecord, reason: string, nowMs: number, decisions: Decision[]): void {
    const isCrash = record.state === "ready" || record.state === "draining";
    for (const [id, { record: owner, isRunning }] of this.#requests) {
      if (owner === record && isRunning) this.#requests.delete(id);
    }
    record.failed(nowMs, reason);
    if (record.isRemoved) this.#forget(record, decisions);
    // After the first end of a server that ran, what waits gets the next one.
    else if (!isCrash || record.retryAtMs !== undefined) {
      this.#rejectQueue(record, "model-unavailable", reason, (record.retryAtMs ?? nowMs) - nowMs, decisions);
    }
  }

  #rejectQueue(
    record: ModelRecord,
    code: "model-unavailable" | "server-stopping" | "model-unknown",
    message: string,
    retryAfterMs: number,
    decisions: Decision[],
  ): void {
    for (const { id } of record.queue.splice(0)) {
      this.#requests.delete(id);
      decisions.push({ type: "reject", id, model: record.config.id, code, message, retryAfterMs });
    }
  }

  #unload(record: ModelRecord, decisions: Decision[]): void {
    record.wantedSinceMs = undefined;
    if (record.state === "failed") record.stopped();
    if (record.state === "starting") {
      this.#rejectQueue(
        record,
        "model-unavailable",
        "it was unloaded while it was loading",
        RETRY_MS,
        decisions,
      );
      this.#stop(record, "request", decisions);
    } else this.#drain(record, "request");
  }

  #drain(record: ModelRecord, reason: StopReason): void {
    if (record.state !== "ready") return;
    record.state = "draining";
    record.stopReason = reason;
  }

  #stop(record: ModelRecord, reason: StopReason, decisions: Decision[]): void {
    record.state = "stopping";
    record.isDisplaced = reason === "swap" || reason === "memory";
    decisions.push({ type: "stop", model: record.config.id, reason });
  }

  #forget(record: ModelRecord, decisions: Decision[]): void {
    const { id } = record.config;
    this.#rejectQueue(record, "model-unknown", `"${id}" is not in the config any more`, 0, decisions);
    this.#records.delete(id);
  }

  #configure(
    config: SchedulerConfig,
    restart: ReadonlySet<string>,
    nowMs: number,
    decisions: Decision[],
  ): void {
    this.#config = config;
    for (const [id, record] of this.#records) {
      const next = config.models.get(id);
      record.isRemoved = next === undefined;
      if (next !== undefined) record.config = next;
      if (next === undefined || restart.has(id)) this.#replace(record, decisions);
    }
    for (const model of config.models.values()) this.#addOrKeep(model);
    this.#wantPreloaded(nowMs);
  }

  #replace(record: ModelRecord, decisions: Decision[]): void {
    record.forgive();
    if (record.state === "failed") record.stopped();
    if (record.state === "starting") {
      // Whoever waits for it gets the new one.
      this.#stop(record, "config", decisions);
    } else if (record.state === "stopped" && record.isRemoved) this.#forget(record, decisions);
    else this.#drain(record, "config");
  }

  #addOrKeep(model: SchedulerModel): void {
    if (!this.#records.has(model.id)) this.#records.set(model.id, new ModelRecord(model));
  }

  #wantPreloaded(nowMs: number): void {
    for (const id of this.#config.preload) {
      const record = this.#records.get(id);
      if (record !== undefined && !record.isResident) record.wantedSinceMs ??= nowMs;
    }
  }

  #shutDown(decisions: Decision[]): void {
    this.#isShutDown = true;
    for (const record of this.#records.values()) {
      record.wantedSinceMs = undefined;
      this.#rejectQueue(record, "server-stopping", "The server is stopping", RETRY_MS, decisions);
      if (record.state === "starting") this.#stop(record, "shutdown", decisions);
      else if (record.state === "ready") {
        record.state = "draining";
        record.stopReason = "shutdown";
      }
    }
  }

  /** Everything that may happen by now. */
  #advance(nowMs: number, decisions: Decision[]): void {
    let wakeMs = Infinity;
    const wakeAt = (ms: number | undefined) => {
      if (ms !== undefined && ms < wakeMs) wakeMs = ms;
    };
    for (const record of this.#records.values()) {
      this.#serve(record, nowMs, decisions);
      wakeAt(this.#expire(record, nowMs, decisions));
      if (record.state === "draining" && record.inFlight === 0)
        this.#stop(record, record.stopReason, decisions);
      if (record.unloadAtMs !== undefined && record.unloadAtMs <= nowMs) this.#stop(record, "ttl", decisions);
      wakeAt(record.unloadAtMs);
    }
    if (!this.#isShutDown) {
      wakeAt(this.#load(nowMs, decisions));
      this.#enforceBudget(decisions);
      this.#restore(decisions);
    }
    this.#wakeMs = wakeMs === Infinity ? undefined : wakeMs;
    this.#unsettled = 0;
    for (const { queue, state, wantedSinceMs } of this.#records.values()) {
      const isSettled = state === "ready" || state === "stopped" || state === "failed";
      if (queue.length > 0 || wantedSinceMs !== undefined || !isSettled) this.#unsettled += 1;
    }
  }

  #serve(record: ModelRecord, nowMs: number, decisions: Decision[]): void {
    while (record.state === "ready" && record.hasRoom) {
      const next = record.queue.shift();
      if (next === undefined) return;
      decisions.push(this.#dispatch(record, next.id, nowMs));
    }
  }

  /** Refuses what waited too long; gives when the next one has. */
  #expire(record: ModelRecord, nowMs: number, decisions: Decision[]): number | undefined {
    const { id: model, queueTimeoutMs } = record.config;
    if (queueTimeoutMs === 0) return undefined;
    for (;;) {
      const [first] = record.queue;
      if (first === undefined) return undefined;
      if (first.sinceMs + queueTimeoutMs > nowMs) return first.sinceMs + queueTimeoutMs;
      record.queue.shift();
      this.#requests.delete(first.id);
      const message = `It waited ${queueTimeoutMs / 1000} s for "${model}"`;
      decisions.push({
        type: "reject",
        id: first.id,
        model,
        code: "queue-timeout",
        message,
        retryAfterMs: RETRY_MS,
      });
    }
  }

  /** Starts what is wanted, and makes place for it; gives when more can be done by time alone. */
  #load(nowMs: number, decisions: Decision[]): number | undefined {
    let wakeMs: number | undefined;
    /** Models on their way in: those that come later must let them be. */
    const claimed = [...this.#records.values()].filter(({ state }) => state === "starting");
    for (const record of this.#wanted(nowMs)) {
      const plan = planLoad(record.config.id, this.#residents(), this.#config, record.memoryBytes ?? 0);
      if (plan.kind === "impossible") {
        const message = `The model can't be loaded: ${plan.reason}`;
        record.reason = message;
        record.wantedSinceMs = undefined;
        this.#rejectQueue(record, "model-unavailable", message, RETRY_MS, decisions);
        continue;
      }
      const victims = [...plan.swap, ...plan.memory];
      const isBlocked =
        claimed.some((other) => victims.includes(other.config.id) && this.#isWanted(other)) ||
        claimed.some((other) => this.#wouldEvict(other, record) || this.#wouldEvict(record, other));
      claimed.push(record);
      if (isBlocked) continue;
      if (victims.length === 0 && plan.awaited.length === 0) {
        record.began();
        decisions.push({ type: "start", model: record.config.id });
        continue;
      }
      for (const id of victims) {
        const reason = plan.swap.includes(id) ? "swap" : "memory";
        const ms = this.#makePlace(this.#records.get(id) as ModelRecord, record, reason, nowMs, decisions);
        if (ms !== undefined) wakeMs = Math.min(wakeMs ?? Infinity, ms);
      }
    }
    return wakeMs;
  }

  /**
   * Models that somebody waits for and that don't run: first those that have waited for the fairness window, the longest
   * first, then by priority.
   */
  #wanted(nowMs: number): readonly ModelRecord[] {
    const overdueMs = nowMs - this.#config.fairnessMs;
    const isOverdue = (record: ModelRecord) => Number((record.waitingSinceMs as number) <= overdueMs);
    return [...this.#records.values()]
      .filter((record) => !record.isResident && record.waitingSinceMs !== undefined)
      .sort(
        (a, b) =>
          isOverdue(b) - isOverdue(a) ||
          (isOverdue(a) === 0 ? b.config.priority - a.config.priority : 0) ||
          (a.waitingSinceMs as number) - (b.waitingSinceMs as number),
      );
  }

  #isWanted(record: ModelRecord): boolean {
    return record.waitingSinceMs !== undefined;
  }

  #wouldEvict(coming: ModelRecord, other: ModelRecord): boolean {
    const residents = [{ ...residentOf(other), memoryBytes: other.memoryBytes ?? 0 }];
    const plan = planLoad(coming.config.id, residents, this.#config, coming.memoryBytes ?? 0);
    return plan.kind === "impossible" || plan.swap.length > 0 || plan.memory.length > 0;
  }

  #residents(): readonly Resident[] {
    return [...this.#records.values()].filter(({ isResident }) => isResident).map(residentOf);
  }

  /** Sees one off; gives when it can be asked to go, where it is in use now. */
  #makePlace(
    victim: ModelRecord,
    newcomer: ModelRecord,
    reason: StopReason,
    nowMs: number,
    decisions: Decision[],
  ): number | undefined {
    if (victim.state === "starting" && !this.#isWanted(victim)) this.#stop(victim, "unwanted", decisions);
    if (victim.state !== "ready") return undefined;
    if (victim.inFlight === 0) {
      this.#stop(victim, reason, decisions);
      return undefined;
    }
    const turnMs =
      Math.max(newcomer.waitingSinceMs ?? nowMs, victim.readySinceMs ?? 0) + this.#config.fairnessMs;
    // With nothing more to come for it, it drains by itself.
    if (turnMs > nowMs) return turnMs;
    this.#drain(victim, reason);
    return undefined;
  }

  /** What a model really takes is known only once it runs: then the least recently used that nobody uses go. */
  #enforceBudget(decisions: Decision[]): void {
    for (const id of beyondBudget(this.#residents(), this.#config)) {
      this.#stop(this.#records.get(id) as ModelRecord, "memory", decisions);
    }
  }

  /** Brings preloaded models back that had to go, once nobody waits and there is place. */
  #restore(decisions: Decision[]): void {
    if (this.#wanted(0).length > 0) return;
    for (const id of this.#config.preload) {
      const record = this.#records.get(id);
      if (record?.state !== "stopped" || !record.isDisplaced) continue;
      const plan = planLoad(id, this.#residents(), this.#config, record.memoryBytes ?? 0);
      if (plan.kind !== "evict" || plan.swap.length + plan.memory.length + plan.awaited.length > 0) continue;
      record.began();
      decisions.push({ type: "start", model: id });
    }
  }
}

function residentOf(record: ModelRecord): Resident {
  return {
    id: record.config.id,
    isPinned: record.isPinned,
    isBusy: record.isBusy || record.state !== "ready",
    isLeaving: record.state === "draining" || record.state === "stopping",
    lastUsedMs: record.lastUsedMs ?? record.readySinceMs ?? 0,
    memoryBytes: record.memoryBytes ?? 0,
  };
}
