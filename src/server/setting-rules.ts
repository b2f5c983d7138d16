import { sep } from "node:path";
import type { SettingName } from "../config/keys.ts";
import type { SettingValue } from "../config/kinds.ts";
import type { OriginatedValue } from "../config/resolved.ts";
import type { GuestWrites } from "../config/settings.ts";
import { isLoopback } from "./exposure.ts";
import type { ServerSettings } from "./settings.ts";

/** An address that guests reach: a TCP port, or a Unix socket that something may stand in front of. */
export interface BoundAddress {
  readonly kind: "tcp" | "socket";
  /** As it is bound; of a socket the host that the instance is named after, where a service has its port. */
  readonly host: string;
}

/** Without any only the owner gets in. */
export type Bound = readonly BoundAddress[];

/** One setting of a config that was taken, and the same of its successor. */
export interface Transition {
  readonly name: SettingName;
  readonly current: ServerSettings;
  readonly next: ServerSettings;
  readonly bound: Bound;
  readonly realPath: (path: string) => string | undefined;
}

/** What stays of a setting that may not change, or not wholly, before a restart. */
export interface Verdict {
  readonly inForce: OriginatedValue;
  /** Why, as a sentence without its full stop. */
  readonly reason: string;
}

/** What a reload may do to a setting: undefined takes the next value as it is. */
type Rule = (transition: Transition) => Verdict | undefined;

/** Every setting, once: a new one does not compile without a rule. */
export const RULES: Readonly<Record<SettingName, Rule>> = {
  host: boundAtStart,
  port: boundAtStart,
  socket: boundAtStart,
  tcp: boundAtStart,
  idleTimeout: inPlace,
  roots: rootsRule,
  allowedHosts: beyondLoopback((value) => value.toLowerCase()),
  allowedOrigins: beyondLoopback((value) => value),
  token: tokenRule,
  tokenFile: tokenRule,
  bodyLimit: inPlace,
  uploadLimit: inPlace,
  cacheLimit: inPlace,
  memoryBudget: inPlace,
  readers: inPlace,
  inlineLimit: inPlace,
  readMemory: inPlace,
  readTimeout: inPlace,
  maxCells: inPlace,
  spillLimit: inPlace,
  guestWrites: guestWritesRule,
  guestEnvironment: guestEnvironmentRule,
  otherUsers: otherUsersRule,
  "compute.timeout": inPlace,
  "compute.modules": inPlace,
  "log.level": inPlace,
  "log.requests": inPlace,
  "log.maxSize": inPlace,
};

function inPlace(): undefined {
  return undefined;
}

/** Sockets are bound once. */
function boundAtStart({ name, current, next }: Transition): Verdict | undefined {
  const [inForce, wanted] = [current.origins[name], next.origins[name]];
  if (isSame(inForce.value, wanted.value)) return undefined;
  return { inForce, reason: "The address is bound at the start" };
}

/** A token may be replaced by another, never by none. Its file goes with it. */
function tokenRule({ name, current, next, bound }: Transition): Verdict | undefined {
  const isLost = current.settings.token !== undefined && next.settings.token === undefined;
  if (!isLost || bound.length === 0) return undefined;
  const inForce = current.origins[name];
  if (isSame(inForce.value, next.origins[name].value)) return undefined;
  return { inForce, reason: "Without the token guests would need none" };
}

function rootsRule({ current, next, bound, realPath }: Transition): Verdict | undefined {
  if (!isBeyondLoopback(bound)) return undefined;
  const [before, after] = [rootsOf(current), rootsOf(next)];
  const [inBefore, inAfter] = [within(before, realPath), within(after, realPath)];
  if (after.every(inBefore)) return undefined;
  // What both open: a wider folder goes on as the narrower ones in it that were open.
  const both = [...after.filter(inBefore), ...before.filter(inAfter)];
  return {
    inForce: { ...next.origins.roots, value: [...new Set(both)] },
    reason: "More folders would be open beyond this machine",
  };
}

function rootsOf({ origins }: ServerSettings): readonly string[] {
  return listOf(origins.roots.value);
}

/** Tells whether a folder is one of `roots` or below one. By real paths: a link may lead anywhere. */
function within(
  roots: readonly string[],
  realPath: (path: string) => string | undefined,
): (path: string) => boolean {
  const real = roots.map(realPath).filter((root) => root !== undefined);
  return (path) => {
    if (roots.includes(path)) return true;
    const own = realPath(path);
    return own !== undefined && real.some((root) => own === root || own.startsWith(withSlash(root)));
  };
}

function withSlash(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

/** A list of which a running server takes no further entry while an address is bound beyond this machine. */
function beyondLoopback(normalized: (value: string) => string): Rule {
  return ({ name, current, next, bound }) => {
    if (!isBeyondLoopback(bound)) return undefined;
    const before = new Set(listOf(current.origins[name].value).map(normalized));
    const after = listOf(next.origins[name].value);
    const common = after.filter((value) => before.has(normalized(value)));
    if (common.length === after.length) return undefined;
    const inForce = { ...next.origins[name], value: common };
    return { inForce, reason: "More would be accepted beyond this machine" };
  };
}

const WRITES: readonly GuestWrites[] = ["none", "data", "any"];

function guestWritesRule({ current, next, bound }: Transition): Verdict | undefined {
  const rank = ({ settings }: ServerSettings) => WRITES.indexOf(settings.guestWrites);
  if (bound.length === 0 || rank(next) <= rank(current)) return undefined;
  return { inForce: current.origins.guestWrites, reason: "Guests could write more" };
}

/**
 * The default (every variable that does not look like a secret) and a list can't be compared: a list may name a secret,
 * the default has names that no list has. Only an empty list is narrower than everything.
 */
function guestEnvironmentRule({ current, next, bound }: Transition): Verdict | undefined {
  const [before, after] = [current.settings.guestEnvironment, next.settings.guestEnvironment];
  if (bound.length === 0 || isSame(before, after) || after?.length === 0) return undefined;
  const reason = "Guests could use more variables";
  const { guestEnvironment: inForce } = current.origins;
  if (before === undefined || after === undefined) return { inForce, reason };
  const common = after.filter((name) => before.includes(name));
  if (common.length === after.length) return undefined;
  return { inForce: { ...next.origins.guestEnvironment, value: common }, reason };
}

/** A Unix socket is this user's alone, whatever this says. */
function otherUsersRule({ current, next, bound }: Transition): Verdict | undefined {
  const isWider = next.settings.otherUsers && !current.settings.otherUsers;
  if (!isWider || !bound.some(({ kind }) => kind === "tcp")) return undefined;
  return { inForce: current.origins.otherUsers, reason: "Other users of this machine could connect" };
}

function isBeyondLoopback(bound: Bound): boolean {
  return bound.some(({ host }) => !isLoopback(host));
}

function listOf(value: SettingValue): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
