import { statSync } from "node:fs";
import { ownershipFault } from "../config/ownership.ts";
import { resolveSettings, type ResolveOptions } from "../config/resolve.ts";
import type { ResolvedSettings } from "../config/resolved.ts";

/**
 * The settings of a running server as they are now. A server stays its instance's: where another config is found by now,
 * which is another instance's, its own counts as gone, and `config` is undefined. Throws as `resolveSettings`.
 */
export async function resolveAgain(
  options: ResolveOptions,
  initial: ResolvedSettings,
): Promise<ResolvedSettings> {
  const next = await resolveSettings(options);
  const [own, found] = [initial.config, next.config];
  if (own?.realPath === found?.realPath) return next;
  if (own !== undefined && own.how !== "user") return { ...next, config: undefined };
  if (found?.how !== "found") return next;
  const ownFlags = { ...options.flags, config: own?.path ?? false };
  const ofOwn = await resolveSettings({ ...options, flags: ownFlags });
  if (own === undefined || ofOwn.config === undefined) return ofOwn;
  // Named like this it is read regardless of its owner; the user's own is not.
  const fault = ownershipFault(statSync(own.realPath), own.path);
  if (fault === undefined) return { ...ofOwn, config: { ...ofOwn.config, how: own.how } };
  return { ...ofOwn, config: undefined, warnings: [`${own.path} is not used: ${fault}`] };
}
