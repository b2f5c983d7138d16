import { assembleSettings } from "../config/assemble.ts";
import { SETTING_KEYS, type SettingName } from "../config/keys.ts";
import type { OriginatedValue } from "../config/resolved.ts";
import { type Bound, RULES } from "./setting-rules.ts";
import type { ServerSettings } from "./settings.ts";
import { takeKeys } from "./take-keys.ts";

/** What a running server makes of its config as it is now. */
export type Takeover =
  | {
      readonly kind: "taken";
      /** In force from now on: the new values, and the old ones where the new ones would lower protection. */
      readonly settings: ServerSettings;
      /** Names of settings that have another value now. */
      readonly changed: readonly string[];
      /** Names of settings that the config changes, and that keep their value (or a part of it) until a restart. */
      readonly needsRestart: readonly string[];
      /** Why each of these has to wait, as sentences. */
      readonly reasons: readonly string[];
    }
  | {
      readonly kind: "refused";
      /** A sentence without its full stop; nothing of the config's content is in it. */
      readonly reason: string;
      /** The same with all that is wrong. */
      readonly detail?: string;
      readonly hint: string;
    };

const TRUST_HINT = "Look at the file, then run `hearth trust`.";

/**
 * Decides what a running server takes of its changed settings. It never lowers the protection of an address that it has
 * bound: what would is kept as it was until a restart, and everything else is taken. What can't be relied on is refused
 * as a whole: an untrusted config in place of a trusted one, one with mistakes, one that is gone.
 *
 * @param bound the addresses that guests reach
 * @param realPath the real path of an existing folder; undefined where there is none
 */
export function takeSettings(
  current: ServerSettings,
  next: ServerSettings,
  bound: Bound,
  realPath: (path: string) => string | undefined,
): Takeover {
  return refusal(current, next) ?? takeParts(current, next, bound, realPath);
}

function refusal(current: ServerSettings, next: ServerSettings): Takeover | undefined {
  const { config: before } = current;
  const { config: after } = next;
  if (after?.isBroken === true) {
    return {
      kind: "refused",
      reason: `The config ${after.path} has mistakes`,
      detail: `The changed config is not taken: ${next.warnings.join("; ")}`,
      hint: "`hearth config check` names every problem.",
    };
  }
  if (before !== undefined && after === undefined) return gone(before.path, next.warnings);
  if (before?.isTrusted === true && after?.isTrusted === false) {
    const what = before.hash === after.hash ? "is no longer trusted" : "has changed since it was trusted";
    return { kind: "refused", reason: `The config ${after.path} ${what}`, hint: TRUST_HINT };
  }
  if (current.models.user !== undefined && after?.missing !== undefined) {
    return { kind: "refused", reason: after.missing, hint: "Put the file back, or remove `extends`." };
  }
  return undefined;
}

/** A config that is not there, or is not used: `warnings` say why. */
function gone(path: string, warnings: readonly string[]): Takeover {
  const why = warnings.find((warning) => warning.startsWith(`${path} is not used`));
  const reason = why === undefined ? `The config ${path} is gone` : `The config ${why}`;
  return { kind: "refused", reason, hint: "Put it back; `hearth restart` starts without it." };
}

function takeParts(
  current: ServerSettings,
  next: ServerSettings,
  bound: Bound,
  realPath: (path: string) => string | undefined,
): Takeover {
  const origins = { ...next.origins } as Record<SettingName, OriginatedValue>;
  const reasons = new Map<string, string>();
  for (const { key } of SETTING_KEYS) {
    const verdict = RULES[key]({ current, next, bound, realPath, name: key });
    if (verdict === undefined) continue;
    origins[key] = verdict.inForce;
    reasons.set(key, verdict.reason);
  }
  const token = reasons.has("token") ? current.settings.token : next.settings.token;
  const { keys, reason } = keysInForce(current, next, token, bound);
  if (reason !== undefined) reasons.set("apiKeys", reason);
  const mustAuthenticate = current.mustAuthenticate || token !== undefined || keys.length > 0;
  const taken: ServerSettings = {
    ...next,
    origins,
    settings: assembleSettings((name) => origins[name].value, token),
    modelsConfig: { ...next.modelsConfig, apiKeys: keys },
    mustAuthenticate: bound.length === 0 ? token !== undefined || keys.length > 0 : mustAuthenticate,
  };
  return {
    kind: "taken",
    settings: taken,
    changed: changesOf(current, taken),
    needsRestart: [...reasons.keys()],
    reasons: [...new Set(reasons.values())],
  };
}

function keysInForce(
  current: ServerSettings,
  next: ServerSettings,
  token: string | undefined,
  bound: Bound,
): { readonly keys: ServerSettings["modelsConfig"]["apiKeys"]; readonly reason?: string } {
  const { apiKeys } = next.modelsConfig;
  if (bound.length === 0) return { keys: apiKeys };
  const { keys, widened } = takeKeys(current.modelsConfig.apiKeys, apiKeys);
  if (widened > 0) {
    return { keys, reason: `${widened === 1 ? "A key" : `${widened} keys`} would get more rights` };
  }
  if (keys.length > 0 || token !== undefined || !current.mustAuthenticate) return { keys };
  return { keys, reason: "The last key is gone: requests that need one are refused" };
}

/** Names of the settings that have another value than before. */
function changesOf(before: ServerSettings, after: ServerSettings): readonly string[] {
  const changed: string[] = SETTING_KEYS.map(({ key }) => key).filter(
    (key) => !isSame(before.origins[key].value, after.origins[key].value),
  );
  if (before.settings.token !== after.settings.token && !changed.includes("token")) changed.push("token");
  if (!isSame(before.modelsConfig.apiKeys, after.modelsConfig.apiKeys)) changed.push("apiKeys");
  if (!isSame(modelTexts(before), modelTexts(after))) changed.push("models");
  return changed;
}

/** What the config says of models, but for the keys, which have a row of their own. */
function modelTexts({ models: { own, user } }: ServerSettings): unknown {
  return [own?.values, user?.values].map((values) => ({ ...values, apiKeys: undefined }));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
