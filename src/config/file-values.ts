import { dirname } from "node:path";
import { absolute } from "./given-values.ts";
import type { GivenValues } from "./given-values.ts";
import { SETTING_KEYS } from "./keys.ts";
import type { LoadedConfig } from "./load-config.ts";

/**
 * What of a config applies: all of a trusted one; of another one port, idle timeout, and limits below their default.
 * `waiting` takes the names of what has to wait for `hearth trust`.
 */
export function valuesFromFile(
  loaded: LoadedConfig,
  home: string | undefined,
  waiting: string[],
): GivenValues {
  const { config, parsed } = loaded;
  // Beside the real file: a link to a trusted config must not give its relative paths another meaning
  const base = { folder: dirname(config.realPath), home };
  const given: GivenValues = new Map();
  for (const { key, kind, untrusted, default: initial } of SETTING_KEYS) {
    const written = parsed.values.get(key);
    if (written === undefined) continue;
    const isLower = Number(written.value) <= Number(initial);
    const applies = config.isTrusted || untrusted === "applies" || (untrusted === "downwards" && isLower);
    if (applies) given.set(key, { value: absolute(kind, written.value, base), where: written.where });
    else waiting.push(key);
  }
  if (!config.isTrusted)
    waiting.push(...(parsed.extendsUser ? ["extends"] : []), ...Object.keys(parsed.models.values));
  return given;
}
