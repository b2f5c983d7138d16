import type * as duckdbApi from "@duckdb/node-api";
import type * as duckdbBindings from "@duckdb/node-bindings";
import { HearthError } from "../errors.ts";

type Api = typeof duckdbApi;
type Bindings = typeof duckdbBindings;

/** The engine's library: its usual face, and the bindings below it for whole columns of bytes. */
export interface DuckDB {
  readonly api: Api;
  readonly raw: Bindings;
}

let loading: Promise<DuckDB> | undefined;

/**
 * The library, loaded when first asked for (20 to 60 ms; nothing is loaded at import). It is code, not state: every
 * engine of the process shares it. Throws `engine-unavailable` where the platform has no build of it.
 */
export function loadDuckDB(): Promise<DuckDB> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    if (cause instanceof HearthError) throw cause; // the binary's own loader knows better what is missing
    throw new HearthError("engine-unavailable", "The query engine DuckDB could not be loaded", {
      hint: "Run `hearth doctor`; it says what is missing for this platform.",
      cause,
    });
  });
  return loading;
}

async function load(): Promise<DuckDB> {
  const [api, bindings] = await Promise.all([import("@duckdb/node-api"), import("@duckdb/node-bindings")]);
  // A CommonJS module: its exports are under "default", where the type declarations do not have them.
  return { api, raw: (bindings as Bindings & { default?: Bindings }).default ?? bindings };
}
