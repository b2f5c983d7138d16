import { describe, expect, test } from "bun:test";
import { planLoad, type Resident } from "../../src/models/scheduler/plan-load.ts";
import { Scheduler } from "../../src/models/scheduler/scheduler.ts";
import type {
  Decision,
  ModelView,
  SchedulerConfig,
  SchedulerEvent,
  SchedulerModel,
} from "../../src/models/scheduler/types.ts";

const GIB = 1024 ** 3;

function model(id: string, options: Partial<SchedulerModel> = {}): SchedulerModel {
  return {
    id,
    ttlMs: 0,
    concurrencyLimit: 0,
    queueLimit: 1000,
    queueTimeoutMs: 0,
    memoryBytes: undefined,
    priority: 0,
    ...options,
  };
}

function config(models: readonly SchedulerModel[], options: Partial<SchedulerConfig> = {}): SchedulerConfig {
  return {
    models: new Map(models.map((each) => [each.id, each])),
    groups: [],
    matrix: undefined,
    preload: [],
    fairnessMs: 3000,
    memoryBudgetBytes: undefined,
    ...options,
  };
}

const group = (
  members: string[],
  options: { swap?: boolean; exclusive?: boolean; persistent?: boolean } = {},
) => ({
  id: members.join(),
  swap: true,
  exclusive: true,
  persistent: false,
  members,
  ...options,
});

const resident = (id: string, options: Partial<Resident> = {}): Resident => ({
  id,
  isPinned: false,
  isBusy: false,
  isLeaving: false,
  lastUsedMs: 0,
  memoryBytes: GIB,
  ...options,
});

const STAYS: ReadonlySet<string> = new Set(["starting", "ready"]);
const TAKES_PLACE: ReadonlySet<string> = new Set([...STAYS, "draining", "stopping"]);
const ENDINGS: ReadonlySet<string> = new Set(["stopped", "start-failed", "exited"]);

/** A world in which starting and stopping take a time, on a clock of its own. */
class World {
  nowMs = 0;
  readonly scheduler: Scheduler;
  readonly log: string[] = [];
  readonly starts: string[] = [];
  readonly running = new Map<number, string>();
  readonly rejected = new Map<number, Extract<Decision, { type: "reject" }>>();
  readonly waitedMs = new Map<number, number>();
  readonly #came = new Map<number, number>();
  readonly #resident = new Set<string>();
  #later: { readonly atMs: number; readonly event: SchedulerEvent }[] = [];
  #last = 0;
  /** Models that were asked for by hand and have not started yet. */
  readonly #loading = new Set<string>();
  /** Models that had to go for memory. */
  evictions = 0;
  /** Milliseconds that a request takes, a start, and a stop. */
  readonly takes: { request?: number; start?: number; stop?: number; failing?: Set<string> };
  readonly cfg: SchedulerConfig;
  constructor(cfg: SchedulerConfig, takes: World["takes"] = {}) {
    this.cfg = cfg;
    this.takes = takes;
    this.scheduler = new Scheduler(cfg, 0);
    if (cfg.preload.length > 0) this.event({ type: "tick" });
  }

  request(id: string): number {
    this.#last += 1;
    this.#came.set(this.#last, this.nowMs);
    this.event({ type: "request", id: this.#last, model: id });
    return this.#last;
  }

  event(event: SchedulerEvent): void {
    const before = this.#views();
    const decisions = this.scheduler.handle(event, this.nowMs);
    if (event.type === "load") this.#loading.add(event.model);
    if (this.cfg.memoryBudgetBytes !== undefined) this.#checkEvictions(before, decisions, event);
    for (const decision of decisions) this.#do(decision);
  }

  #views(): ReadonlyMap<string, ModelView> {
    const views = [...this.cfg.models.keys()].map((id) => this.scheduler.view(id, this.nowMs));
    return new Map(views.flatMap((view) => (view === undefined ? [] : [[view.id, view]])));
  }

  /** No model goes for memory that is there without it, or that comes back from one that leaves already. */
  #checkEvictions(
    before: ReadonlyMap<string, ModelView>,
    decisions: readonly Decision[],
    event: SchedulerEvent,
  ): void {
    const after = this.#views();
    const ended = ENDINGS.has(event.type) && "model" in event ? event.model : undefined;
    const bytesOf = (id: string) => after.get(id)?.memoryBytes ?? 0;
    const stateBefore = (id: string) => before.get(id)?.state ?? "stopped";
    const started = decisions.flatMap((each) => (each.type === "start" ? [each.model] : []));
    const isWanted = (id: string) =>
      (after.get(id)?.queued ?? 0) > 0 || started.includes(id) || this.#loading.has(id);
    const newcomers = [...after.keys()].filter(
      (id) => (ended === id || !TAKES_PLACE.has(stateBefore(id))) && isWanted(id),
    );
    const needBytes = Math.max(0, ...newcomers.map(bytesOf));
    const budget = this.cfg.memoryBudgetBytes as number;
    const staying = new Set([...after.keys()].filter((id) => id !== ended && STAYS.has(stateBefore(id))));
    const isNeeded = () => [...staying].reduce((sum, id) => sum + bytesOf(id), needBytes) > budget;
    for (const decision of decisions) {
      if (decision.type === "start") staying.add(decision.model);
      if (decision.type !== "stop") continue;
      if (decision.reason === "memory" && stateBefore(decision.model) === "ready") {
        this.evictions += 1;
        expect(isNeeded()).toBe(true);
      }
      staying.delete(decision.model);
    }
    const hasSwaps =
      this.cfg.groups.length === 0 || this.cfg.groups.some(({ swap, exclusive }) => swap || exclusive);
    if (hasSwaps || event.type === "unload") return;
    for (const id of staying) {
      if (after.get(id)?.state !== "draining") continue;
      this.evictions += 1;
      expect(isNeeded()).toBe(true);
      staying.delete(id);
    }
  }

  crash(id: string): void {
    this.#resident.delete(id);
    this.event({ type: "exited", model: id, reason: "SIGSEGV" });
  }

  #do(decision: Decision): void {
    const { request = 100, start = 1000, stop = 50, failing } = this.takes;
    switch (decision.type) {
      case "start": {
        this.starts.push(decision.model);
        this.#loading.delete(decision.model);
        this.log.push(`start ${decision.model}`);
        const others = [...this.#resident].map((id) => resident(id, { isBusy: true, memoryBytes: 0 }));
        expect(planLoad(decision.model, others, this.cfg, 0)).toMatchObject({ swap: [] });
        this.#resident.add(decision.model);
        const event: SchedulerEvent = failing?.has(decision.model)
          ? { type: "start-failed", model: decision.model, reason: "no GPU" }
          : { type: "ready", model: decision.model };
        this.#plan(start, event);
        break;
      }
      case "stop": {
        const users = [...this.running.values()].filter((each) => each === decision.model);
        expect(users).toEqual([]);
        this.log.push(`stop ${decision.model}: ${decision.reason}`);
        this.#later = this.#later.filter(
          ({ event }) => !("model" in event) || event.model !== decision.model,
        );
        this.#plan(stop, { type: "stopped", model: decision.model });
        break;
      }
      case "dispatch":
        this.running.set(decision.id, decision.model);
        this.waitedMs.set(decision.id, this.nowMs - (this.#came.get(decision.id) ?? 0));
        this.#plan(request, { type: "finished", id: decision.id });
        break;
      default:
        this.rejected.set(decision.id, decision);
    }
  }

  #plan(afterMs: number, event: SchedulerEvent): void {
    this.#later.push({ atMs: this.nowMs + afterMs, event });
    this.#later.sort((a, b) => a.atMs - b.atMs);
  }

  /** Lets so much time pass, with all that happens in it. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const [next] = this.#later;
      const wakeMs = this.scheduler.nextWakeMs ?? Infinity;
      const atMs = Math.min(next?.atMs ?? Infinity, wakeMs);
      if (atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (next !== undefined && next.atMs <= wakeMs) {
        this.#later.shift();
        if (next.event.type === "finished") this.running.delete(next.event.id);
        if (next.event.type === "stopped" || next.event.type === "start-failed")
          this.#resident.delete(next.event.model);
        this.event(next.event);
      } else this.event({ type: "tick" });
    }
    this.nowMs = endMs;
  }

  state(id: string) {
    return this.scheduler.view(id, this.nowMs)?.state;
  }
}

describe("a model", () => {
  test("is started once for a hundred clients, who are all served", () => {
    const world = new World(config([model("a")]));
    for (let i = 0; i < 100; i++) world.request("a");
    world.pass(5000);
    expect(world.starts).toEqual(["a"]);
    expect(world.waitedMs.size).toBe(100);
  });

  test("is unloaded after its time without use, counted from the end of the last request", () => {
    const world = new World(config([model("a", { ttlMs: 10_000 })]), { request: 5000 });
    world.request("a");
    world.pass(15_900);
    expect(world.state("a")).toBe("ready");
    // The request that comes at the last moment wins.
    world.request("a");
    world.pass(14_900);
    expect(world.state("a")).toBe("ready");
    world.pass(200);
    expect(world.log).toEqual(["start a", "stop a: ttl"]);
  });

  test("takes so many requests at a time as it may, and lets so many wait", () => {
    const world = new World(config([model("a", { concurrencyLimit: 2, queueLimit: 3 })]));
    for (let i = 0; i < 3; i++) world.request("a");
    expect(world.rejected.size).toBe(0);
    const refused = world.request("a");
    expect(world.rejected.get(refused)).toMatchObject({ code: "queue-full", retryAfterMs: 1000 });
    world.pass(1050);
    expect(world.running.size).toBe(2);
    world.pass(1000);
    expect(world.waitedMs.size).toBe(3);
  });

  test("refuses what waited too long", () => {
    const world = new World(config([model("a", { queueTimeoutMs: 500 })]));
    const id = world.request("a");
    world.pass(499);
    expect(world.rejected.size).toBe(0);
    world.pass(1);
    expect(world.rejected.get(id)).toMatchObject({ code: "queue-timeout" });
  });

  test("forgets a client that left", () => {
    const world = new World(config([model("a")]));
    const id = world.request("a");
    world.event({ type: "cancelled", id });
    world.pass(2000);
    expect(world.waitedMs.size).toBe(0);
    expect(world.state("a")).toBe("ready");
  });

  test("that can't start is tried less and less often, and by hand at once", () => {
    const failing = new Set(["a"]);
    const world = new World(config([model("a")]), { start: 10, failing });
    const first = world.request("a");
    world.pass(20);
    expect(world.rejected.get(first)).toMatchObject({
      code: "model-unavailable",
      retryAfterMs: 1000,
      message: "no GPU",
    });
    const early = world.request("a");
    expect(world.rejected.get(early)).toMatchObject({ code: "model-unavailable" });
    const pauses = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
    for (const [index, pauseMs] of pauses.entries()) {
      world.pass(pauseMs);
      const id = world.request("a");
      world.pass(10);
      expect(world.rejected.get(id)?.retryAfterMs).toBe(pauses[index + 1] ?? 60_000);
    }
    expect(world.starts.length).toBe(pauses.length + 1);
    failing.clear();
    world.event({ type: "load", model: "a" });
    world.pass(20);
    expect(world.state("a")).toBe("ready");
  });

  test("that ended by itself is started again for those who wait, and then with pauses", () => {
    const world = new World(config([model("a", { concurrencyLimit: 1 })]), { start: 10, request: 1000 });
    world.request("a");
    const second = world.request("a");
    world.pass(20);
    world.crash("a");
    expect(world.starts).toEqual(["a", "a"]);
    world.pass(20);
    expect(world.waitedMs.has(second)).toBe(true);
    world.crash("a");
    const third = world.request("a");
    expect(world.rejected.get(third)).toMatchObject({
      code: "model-unavailable",
      message: "SIGSEGV",
      retryAfterMs: 1000,
    });
    // One that ran for a while has proved itself.
    world.pass(1000);
    world.request("a");
    world.pass(61_000);
    world.crash("a");
    expect(world.scheduler.view("a", world.nowMs)?.failures).toBe(1);
  });

  test("is unloaded by hand only after its running requests", () => {
    const world = new World(config([model("a")]), { start: 10, request: 500 });
    world.request("a");
    world.pass(20);
    world.event({ type: "unload", model: "a" });
    expect(world.state("a")).toBe("draining");
    const late = world.request("a");
    world.pass(600);
    expect(world.log).toEqual(["start a", "stop a: request", "start a"]);
    world.pass(1000);
    expect(world.waitedMs.has(late)).toBe(true);
  });

  test("that loads is given up when it is unloaded or the server stops", () => {
    const world = new World(config([model("a"), model("b")]));
    const id = world.request("a");
    world.event({ type: "unload", model: "a" });
    expect(world.rejected.get(id)).toMatchObject({ code: "model-unavailable" });
    world.pass(100);
    const other = world.request("b");
    world.event({ type: "shutdown" });
    expect(world.rejected.get(other)).toMatchObject({ code: "server-stopping" });
    expect(world.log).toEqual(["start a", "stop a: request", "start b", "stop b: shutdown"]);
  });
});

describe("two models that exclude each other", () => {
  test("twenty requests each, mixed, take two starts", () => {
    const world = new World(config([model("a"), model("b")]));
    for (let i = 0; i < 20; i++) {
      world.request("a");
      world.request("b");
    }
    world.pass(10_000);
    expect(world.starts).toEqual(["a", "b"]);
    expect(world.waitedMs.size).toBe(40);
  });

  test("a steady flow for one starves no other", () => {
    const world = new World(config([model("a"), model("b")]), { start: 200, request: 300 });
    world.request("a");
    world.pass(1000);
    let other = 0;
    for (let i = 0; i < 100; i++) {
      world.request("a");
      if (i === 10) other = world.request("b");
      world.pass(100);
    }
    world.pass(10_000);
    // The window, the running requests, stop and start.
    expect(world.waitedMs.get(other)).toBeLessThanOrEqual(3000 + 300 + 50 + 200);
    expect(world.starts.slice(0, 3)).toEqual(["a", "b", "a"]);
    expect(world.rejected.size).toBe(0);
  });

  test("two steady flows take turns of the window's length", () => {
    const world = new World(config([model("a"), model("b")]), { start: 200, request: 300 });
    for (let i = 0; i < 600; i++) {
      world.request("a");
      world.request("b");
      world.pass(100);
    }
    // A minute in turns of three seconds and what swapping takes.
    expect(world.starts.length).toBeGreaterThan(10);
    expect(world.starts.length).toBeLessThan(20);
    expect(Math.max(...world.waitedMs.values())).toBeLessThan(5000);
  });

  test("a higher priority is loaded first, but starves nobody", () => {
    const models = [model("a"), model("b"), model("c", { priority: 5 })];
    const world = new World(config(models), { start: 200, request: 300 });
    world.request("a");
    const b = world.request("b");
    world.request("c");
    world.pass(10_000);
    expect(world.starts).toEqual(["a", "c", "b"]);
    expect(world.waitedMs.has(b)).toBe(true);
    const again = world.request("a");
    for (let i = 0; i < 100; i++) {
      world.request("c");
      world.pass(100);
    }
    expect(world.waitedMs.get(again)).toBeLessThan(8000);
  });

  test("running requests are never cut", () => {
    const world = new World(config([model("a"), model("b")]), { start: 100, request: 60_000 });
    world.request("a");
    world.pass(200);
    const other = world.request("b");
    world.pass(59_000);
    expect(world.waitedMs.has(other)).toBe(false);
    world.pass(2000);
    expect(world.waitedMs.has(other)).toBe(true);
  });
});

describe("models that may run together", () => {
  test("groups: members side by side, persistent ones stay, exclusive ones clear the rest", () => {
    const groups = [
      group(["a", "b"], { swap: false, exclusive: false }),
      group(["keep"], { persistent: true, swap: false, exclusive: false }),
      group(["big"]),
    ];
    const cfg = config([model("a"), model("b"), model("keep"), model("big")], { groups });
    const world = new World(cfg);
    for (const id of ["a", "b", "keep"]) world.request(id);
    world.pass(2000);
    expect(world.log).toEqual(["start a", "start b", "start keep"]);
    world.request("big");
    world.pass(2000);
    expect(world.log.slice(3)).toEqual(["stop a: swap", "stop b: swap", "start big"]);
    expect(world.state("keep")).toBe("ready");
  });

  test("a matrix: the cheapest set that holds the model", () => {
    const matrix = { sets: [["g", "v"], ["q", "v"], ["g", "s"], ["l"]], evictCosts: new Map([["v", 50]]) };
    const world = new World(
      config(
        ["g", "q", "v", "s", "l", "x"].map((id) => model(id)),
        { matrix },
      ),
    );
    for (const id of ["v", "g", "q"]) {
      world.request(id);
      world.pass(3000);
    }
    expect(world.log).toEqual(["start v", "start g", "stop g: swap", "start q"]);
    world.request("x");
    world.pass(3000);
    expect(world.log.slice(4).sort()).toEqual(["start x", "stop q: swap", "stop v: swap"]);
  });

  test("memory: the least recently used goes, what can't fit is refused", () => {
    const groups = [group(["a", "b", "c", "huge"], { swap: false })];
    const models = [
      model("a", { memoryBytes: 8 * GIB }),
      model("b", { memoryBytes: 8 * GIB }),
      model("c"),
      model("huge", { memoryBytes: 30 * GIB }),
    ];
    const world = new World(config(models, { groups, memoryBudgetBytes: 20 * GIB }));
    world.request("a");
    world.pass(2000);
    world.request("b");
    world.pass(2000);
    world.request("a");
    world.pass(2000);
    world.request("c");
    world.pass(2000);
    expect(world.log).toEqual(["start a", "start b", "start c"]);
    // Only once it runs is it known what it takes.
    world.event({ type: "measured", model: "c", memoryBytes: 10 * GIB });
    expect(world.log.slice(3)).toEqual(["stop b: memory"]);
    const huge = world.request("huge");
    // b is on its way out: its memory comes back, and a has to make no place for it.
    world.event({ type: "measured", model: "c", memoryBytes: 10 * GIB });
    expect(world.log.slice(3)).toEqual(["stop b: memory"]);
    expect(world.rejected.get(huge)?.message).toContain(
      "it takes 30.0 GiB, and memoryBudget allows 20.0 GiB",
    );
  });

  test("one model makes place, however much happens before it has stopped", () => {
    const ids = ["a", "b", "c", "new"];
    const models = ids.map((id) => model(id, { memoryBytes: 6 * GIB }));
    const budget = { groups: [group(ids, { swap: false })], memoryBudgetBytes: 20 * GIB };
    const world = new World(config(models, budget), { stop: 10_000 });
    for (const id of ["a", "b", "c"]) {
      world.request(id);
      world.pass(2000);
    }
    world.request("new");
    for (let second = 0; second < 9; second += 1) {
      world.event({ type: "tick" });
      world.request("c");
      world.pass(1000);
    }
    expect(world.log.slice(3)).toEqual(["stop a: memory"]);
    world.pass(2000);
    expect(world.log.slice(3)).toEqual(["stop a: memory", "start new"]);
  });

  test("of two sets the one is chosen whose other model leaves anyway", () => {
    const matrix = {
      sets: [
        ["new", "a"],
        ["new", "b"],
      ],
      evictCosts: new Map([["a", 5]]),
    };
    const others = [resident("a", { isLeaving: true }), resident("b")];
    expect(planLoad("new", others, config([], { matrix: matrix as never }), 0)).toMatchObject({
      swap: ["a"],
    });
  });

  test("a pinned model stays, whoever wants its place", () => {
    const world = new World(config([model("a", { ttlMs: 100 }), model("b")]));
    world.request("a");
    world.pass(1050);
    world.event({ type: "pin", model: "a", isPinned: true });
    world.pass(5000);
    expect(world.state("a")).toBe("ready");
    const other = world.request("b");
    expect(world.rejected.get(other)?.message).toContain('"a" is pinned');
    world.event({ type: "pin", model: "a", isPinned: false });
    world.pass(1000);
    expect(world.state("a")).toBe("stopped");
  });
});

describe("preloaded models", () => {
  test("are there from the start, and again once there is place", () => {
    const groups = [group(["p"], { exclusive: false }), group(["big"])];
    const world = new World(config([model("p"), model("big", { ttlMs: 1000 })], { groups, preload: ["p"] }));
    world.pass(2000);
    expect(world.state("p")).toBe("ready");
    world.request("big");
    world.pass(2000);
    // A group that is not exclusive may run beside one that is: it needs no place of its own.
    expect(world.log).toEqual(["start p", "stop p: swap", "start big", "start p"]);
  });

  test("that are unloaded when unused stay away until somebody asks", () => {
    const world = new World(config([model("p", { ttlMs: 1000 })], { preload: ["p"] }));
    world.pass(10_000);
    expect(world.log).toEqual(["start p", "stop p: ttl"]);
  });
});

describe("another config", () => {
  test("keeps what has not changed, drains the rest, and takes what is new", () => {
    const groups = [group(["a", "b", "c", "d"], { swap: false })];
    const world = new World(config([model("a"), model("b"), model("c")], { groups }), { request: 2000 });
    for (const id of ["a", "b", "c"]) world.request(id);
    world.pass(1100);
    world.event({
      type: "configure",
      config: config([model("a", { ttlMs: 5 }), model("b"), model("d")], { groups }),
      restart: new Set(["b"]),
    });
    expect([world.state("a"), world.state("b"), world.state("c")]).toEqual(["ready", "draining", undefined]);
    world.pass(5000);
    expect(world.log.slice(3)).toEqual(["stop b: config", "stop c: config", "stop a: ttl"]);
    world.request("d");
    const gone = world.request("c");
    expect(world.rejected.get(gone)).toMatchObject({ code: "model-unknown" });
  });
});

test("planning is a function of what it is given", () => {
  const cfg = config([], { groups: [group(["a", "b", "c"], { swap: false })], memoryBudgetBytes: 3 * GIB });
  expect(
    planLoad("c", [resident("a", { lastUsedMs: 5 }), resident("b", { lastUsedMs: 9 })], cfg, 2 * GIB),
  ).toEqual({
    kind: "evict",
    swap: [],
    memory: ["a"],
    awaited: [],
  });
  expect(
    planLoad("c", [resident("a", { isBusy: true }), resident("b", { lastUsedMs: 9 })], cfg, 2 * GIB),
  ).toEqual({
    kind: "evict",
    swap: [],
    memory: ["b"],
    awaited: [],
  });
  const leaving = resident("a", { isLeaving: true });
  expect(planLoad("c", [leaving, resident("b", { lastUsedMs: 9 })], cfg, 2 * GIB)).toEqual({
    kind: "evict",
    swap: [],
    memory: [],
    awaited: ["a"],
  });
});

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

let evictionsOfAll = 0;

test.each(Array.from({ length: 200 }, (_, seed) => seed))(
  "whatever happens, every request ends, nothing exclusive runs together and no model goes needlessly (seed %d)",
  (seed) => {
    const next = random(seed + 1);
    const ids = ["a", "b", "c", "d", "e"];
    const models = ids.map((id) =>
      model(id, {
        ttlMs: next(2) * 4000,
        concurrencyLimit: next(3),
        queueLimit: 5 + next(20),
        priority: next(2),
        // What it really takes may be known only once it runs.
        memoryBytes: next(4) === 0 ? undefined : (1 + next(4)) * GIB,
      }),
    );
    const groups =
      [
        [],
        [
          group(["a", "b"], { swap: next(2) === 0, exclusive: next(2) === 0 }),
          group(["c"], { exclusive: false }),
        ],
        // Memory alone decides.
        [group(ids, { swap: false, exclusive: false })],
      ][next(3)] ?? [];
    const cfg = config(models, { groups, memoryBudgetBytes: next(2) === 0 ? undefined : 8 * GIB });
    const failing = new Set<string>();
    const isSlowToStop = next(2) === 0;
    const world = new World(cfg, {
      start: 100 + next(2000),
      request: 50 + next(1500),
      stop: 10 + next(isSlowToStop ? 10_000 : 300),
      failing,
    });
    const residents = () => ids.filter((id) => !["stopped", "failed"].includes(world.state(id) ?? ""));
    const asked: number[] = [];
    const cancelled = new Set<number>();
    for (let step = 0; step < 300; step++) {
      const id = ids[next(ids.length)] as string;
      const what = next(20);
      if (what < 12) asked.push(world.request(id));
      else if (what === 12) world.event({ type: "unload", model: id });
      else if (what === 13) world.event({ type: "load", model: id });
      else if (what === 14 && !failing.delete(id)) failing.add(id);
      else if (what === 15 && asked.length > 0) {
        const gone = asked[next(asked.length)] as number;
        if (!world.waitedMs.has(gone) && !world.rejected.has(gone)) {
          cancelled.add(gone);
          world.event({ type: "cancelled", id: gone });
        }
      } else if (what === 16) {
        const loaded = residents().filter((each) => world.state(each) === "ready");
        const [measured] = loaded.filter((each) => cfg.models.get(each)?.memoryBytes === undefined);
        if (measured !== undefined)
          world.event({ type: "measured", model: measured, memoryBytes: (1 + next(5)) * GIB });
      }
      world.pass(next(700));
      if (groups.length === 0) expect(residents().length).toBeLessThanOrEqual(1);
    }
    failing.clear();
    world.pass(3_600_000);
    const unanswered = asked.filter(
      (id) => !world.waitedMs.has(id) && !world.rejected.has(id) && !cancelled.has(id),
    );
    expect(unanswered).toEqual([]);
    expect(world.running.size).toBe(0);
    evictionsOfAll += world.evictions;
  },
);

test("the histories saw many models go for memory", () => {
  expect(evictionsOfAll).toBeGreaterThan(200);
});
