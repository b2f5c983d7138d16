import type { ApiKey } from "../models/config/types.ts";

/** The keys that are in force after a reload. */
export interface TakenKeys {
  readonly keys: readonly ApiKey[];
  /** Keys that the config gives more rights than they had; they keep what they had. */
  readonly widened: number;
}

/**
 * The keys of a changed config, as far as a running server may take them. A key that is gone is revoked and one that
 * lost rights has lost them, both at once; a key that should get more rights keeps those it has. A key that was not
 * there before is a new secret that its owner gave away on purpose, so it counts with all its rights.
 */
export function takeKeys(current: readonly ApiKey[], next: readonly ApiKey[]): TakenKeys {
  const before = new Map(current.map((key) => [key.key, key]));
  const pairs = next.map((key) => ({ key, known: before.get(key.key) }));
  return {
    keys: pairs.map(({ key, known }) => (known === undefined ? key : withoutMore(known, key))),
    widened: pairs.filter(({ key, known }) => known !== undefined && isWider(known, key)).length,
  };
}

function isWider(current: ApiKey, next: ApiKey): boolean {
  if (next.isAdmin && !current.isAdmin) return true;
  if (current.models === undefined) return false;
  return next.models === undefined || next.models.some((model) => !current.models!.includes(model));
}

/** What both give. */
function withoutMore(current: ApiKey, next: ApiKey): ApiKey {
  const models = common(current.models, next.models);
  return { ...next, models, isAdmin: current.isAdmin && next.isAdmin };
}

/** Undefined is all. */
function common(
  current: readonly string[] | undefined,
  next: readonly string[] | undefined,
): readonly string[] | undefined {
  if (current === undefined || next === undefined) return current ?? next;
  return next.filter((model) => current.includes(model));
}
