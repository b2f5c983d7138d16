import type { GroupConfig } from "../config/types.ts";
import type { SchedulerConfig } from "./types.ts";

/** A model that takes place now. */
export interface Resident {
  readonly id: string;
  readonly isPinned: boolean;
  /** Running or waiting requests. */
  readonly isBusy: boolean;
  /** Draining or stopping: its memory comes back, so no other model has to make place for the same bytes. */
  readonly isLeaving: boolean;
  readonly lastUsedMs: number;
  readonly memoryBytes: number;
}

/** What must go so that a model may come; or why it can't come. */
export type LoadPlan =
  | {
      readonly kind: "evict";
      readonly swap: readonly string[];
      readonly memory: readonly string[];
      /** Leaving models whose memory is needed: nothing has to be done about them but to wait. */
      readonly awaited: readonly string[];
    }
  | { readonly kind: "impossible"; readonly reason: string };

/** Models in no group are one: only one of them runs at a time, and alone. */
const NO_GROUP: GroupConfig = { id: "", swap: true, exclusive: true, persistent: false, members: [] };

/**
 * Plans the place for a model: first by groups or matrix, then by memory, the least recently used out first. Pure.
 *
 * @param needBytes memory that the model takes, as far as it is known
 */
export function planLoad(
  model: string,
  residents: readonly Resident[],
  config: SchedulerConfig,
  needBytes: number,
): LoadPlan {
  const others = residents.filter(({ id }) => id !== model);
  const swap =
    config.matrix === undefined ? byGroups(model, others, config) : byMatrix(model, others, config);
  const pinned = others.find(({ id, isLeaving, isPinned }) => isPinned && !isLeaving && swap.has(id));
  if (pinned !== undefined)
    return { kind: "impossible", reason: `"${pinned.id}" is pinned and would have to go` };
  const stay = others.filter(({ id }) => !swap.has(id));
  const memory = byMemory(stay, config, needBytes);
  if (typeof memory === "string") return { kind: "impossible", reason: memory };
  return { kind: "evict", swap: [...swap], ...memory };
}

function byGroups(model: string, others: readonly Resident[], config: SchedulerConfig): ReadonlySet<string> {
  const groupOf = (id: string) => config.groups.find(({ members }) => members.includes(id)) ?? NO_GROUP;
  const own = groupOf(model);
  const goes = ({ id }: Resident) => {
    const group = groupOf(id);
    return group === own ? own.swap : own.exclusive && !group.persistent;
  };
  return new Set(others.filter(goes).map(({ id }) => id));
}

/** The set whose others cost least to unload; of equal ones the first. A model in no set runs alone. */
function byMatrix(
  model: string,
  others: readonly Resident[],
  { matrix }: SchedulerConfig,
): ReadonlySet<string> {
  const outside = (set: readonly string[]) =>
    others.filter(({ id }) => !set.includes(id)).map(({ id }) => id);
  const leaving = new Set(others.filter(({ isLeaving }) => isLeaving).map(({ id }) => id));
  // A model that leaves anyway costs nothing.
  const costOf = (id: string) => (leaving.has(id) ? 0 : (matrix?.evictCosts.get(id) ?? 1));
  const cost = (ids: readonly string[]) => ids.reduce((sum, id) => sum + costOf(id), 0);
  let best: readonly string[] | undefined;
  for (const set of matrix?.sets ?? []) {
    if (!set.includes(model)) continue;
    const evicted = outside(set);
    if (best === undefined || cost(evicted) < cost(best)) best = evicted;
  }
  return new Set(best ?? others.map(({ id }) => id));
}

/** Models that nobody uses and that must go since all together take more than the budget; the last used one stays. */
export function beyondBudget(residents: readonly Resident[], config: SchedulerConfig): readonly string[] {
  const { memoryBudgetBytes } = config;
  if (memoryBudgetBytes === undefined) return [];
  const staying = residents.filter(({ isLeaving }) => !isLeaving);
  let used = totalBytes(staying);
  const latestMs = Math.max(...staying.map(({ lastUsedMs }) => lastUsedMs));
  const evicted: string[] = [];
  for (const { id, isBusy, lastUsedMs, memoryBytes } of evictable(staying, config)) {
    if (used <= memoryBudgetBytes || isBusy) break;
    if (lastUsedMs === latestMs) continue;
    evicted.push(id);
    used -= memoryBytes;
  }
  return evicted;
}

/** Those that memory may be taken from; first those that nobody uses, the least recently used first. */
function evictable(residents: readonly Resident[], { groups }: SchedulerConfig): readonly Resident[] {
  const isPersistent = (id: string) =>
    groups.some(({ members, persistent }) => persistent && members.includes(id));
  return residents
    .filter(({ id, isPinned, memoryBytes }) => !isPinned && !isPersistent(id) && memoryBytes > 0)
    .sort((a, b) => Number(a.isBusy) - Number(b.isBusy) || a.lastUsedMs - b.lastUsedMs);
}

function byMemory(
  stay: readonly Resident[],
  config: SchedulerConfig,
  needBytes: number,
): { readonly memory: readonly string[]; readonly awaited: readonly string[] } | string {
  const { memoryBudgetBytes } = config;
  if (memoryBudgetBytes === undefined) return { memory: [], awaited: [] };
  if (needBytes > memoryBudgetBytes) {
    return `it takes ${gib(needBytes)}, and memoryBudget allows ${gib(memoryBudgetBytes)}`;
  }
  const leaving = stay.filter(({ isLeaving }) => isLeaving);
  const staying = stay.filter(({ isLeaving }) => !isLeaving);
  let used = needBytes + totalBytes(staying);
  const evicted: string[] = [];
  for (const { id, memoryBytes } of evictable(staying, config)) {
    if (used <= memoryBudgetBytes) break;
    evicted.push(id);
    used -= memoryBytes;
  }
  if (used <= memoryBudgetBytes) {
    const mustWait = used + totalBytes(leaving) > memoryBudgetBytes;
    return { memory: evicted, awaited: mustWait ? leaving.map(({ id }) => id) : [] };
  }
  return `it takes ${gib(needBytes)}, and what can't be unloaded leaves less of the memoryBudget of ${gib(memoryBudgetBytes)}`;
}

function totalBytes(residents: readonly Resident[]): number {
  return residents.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
