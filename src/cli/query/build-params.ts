import { HearthError } from "../../errors.ts";
import { parseList, parsePairs, parseTextPairs } from "./parse-pairs.ts";

/** The flags of `hearth compute` that end up in an operation's parameters. */
export interface ParamFlags {
  readonly params?: string | undefined;
  readonly param: readonly string[];
  readonly query?: string | undefined;
  readonly where?: string | undefined;
  readonly by?: string | undefined;
  readonly descending?: boolean | undefined;
  readonly columns?: string | undefined;
  readonly column: readonly string[];
  readonly measure: readonly string[];
  readonly with?: string | undefined;
  readonly on?: string | undefined;
  readonly how?: string | undefined;
}

/**
 * An operation's parameters: `--params`, over which `--param` and the friendly flags go. Undefined when there is none.
 * Throws `usage` for `--params` that isn't a JSON object.
 */
export function buildParams(flags: ParamFlags): Record<string, unknown> | undefined {
  const friendly: Record<string, unknown> = {
    query: flags.query,
    where: flags.where,
    by: parseList(flags.by),
    descending: flags.descending,
    columns: flags.column.length > 0 ? parseTextPairs("column", flags.column) : parseList(flags.columns),
    measures: flags.measure.length > 0 ? parseTextPairs("measure", flags.measure) : undefined,
    with: flags.with,
    on: parseList(flags.on),
    how: flags.how,
  };
  const given = Object.entries(friendly).filter(([, value]) => value !== undefined);
  const params = {
    ...parseParams(flags.params),
    ...parsePairs("param", flags.param),
    ...Object.fromEntries(given),
  };
  return Object.keys(params).length === 0 ? undefined : params;
}

function parseParams(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new HearthError("usage", "--params wants a JSON object", {
    hint: `Such as --params '{"by": ["city"]}'.`,
  });
}
