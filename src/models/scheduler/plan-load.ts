import type { GroupConfig } from "../config/types.ts";
import type { SchedulerConfig } from "./types.ts";

/** A model that takes place now. */
export interface Resident {
  readonly id: string;
  readonly isPinned: boolean;
  /** Running or waiting requests. */
  readonly isBusy: boolean;
  readonly lastUsedMs: number;
  readonly memoryBytes: number;
}

/** What must go so that a model may come; or why it can't come. */
export type LoadPlan =
  | { readonly kind: "evict"; readonly swap: readonly string[]; readonly memory: readonly string[] }
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
  const pinned = others.find(({ id, isPinned }) => isPinned && swap.has(id));
  if (pinned !== undefined)
    return { kind: "impossible", reason: `"${pinned.id}" is pinned and would have to go` };
  const stay = others.filter(({ id }) => !swap.has(id));
  const memory = byMemory(stay, config, needBytes);
  if (typeof memory === "string") return { kind: "impossible", reason: memory };
  return { kind: "evict", swap: [...swap], memory };
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
  const cost = (ids: readonly string[]) =>
    ids.reduce((sum, id) => sum + (matrix?.evictCosts.get(id) ?? 1), 0);
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
  let used = residents.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const latestMs = Math.max(...residents.map(({ lastUsedMs }) => lastUsedMs));
  const evicted: string[] = [];
  for (const { id, isBusy, lastUsedMs, memoryBytes } of evictable(residents, config)) {
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
): readonly string[] | string {
  const { memoryBudgetBytes } = config;
  if (memoryBudgetBytes === undefined) return [];
  if (needBytes > memoryBudgetBytes) {
    return `it takes ${gib(needBytes)}, and memoryBudget allows ${gib(memoryBudgetBytes)}`;
  }
  let used = stay.reduce((sum, { memoryBytes }) => sum + memoryBytes, needBytes);
  const evicted: string[] = [];
  for (const { id, memoryBytes } of evictable(stay, config)) {
    if (used <= memoryBudgetBytes) break;
    evicted.push(id);
    used -= memoryBytes;
  }
  if (used <= memoryBudgetBytes) return evicted;
  return `it takes ${gib(needBytes)}, and what can't be unloaded leaves less of the memoryBudget of ${gib(memoryBudgetBytes)}`;
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
