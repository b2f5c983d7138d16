/** Table functions that make rows of their arguments alone; all others reach files, settings or memory. */
export const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  "range",
  "generate_series",
  "unnest",
  "repeat",
  "repeat_row",
  "json_each",
  "json_tree",
]);

/** Functions that tell of the server, keep state, or only wait. */
const REFUSED = new Set([
  "current_setting",
  "current_query",
  "getenv",
  "getvariable",
  "set_config",
  "nextval",
  "currval",
  "write_log",
  "sleep_ms",
  "which_secret",
  "parse_duckdb_log_message",
]);

/** True for a function that a query may not call. */
export function isRefusedFunction(name: string): boolean {
  const plain = name.toLowerCase();
  return (
    REFUSED.has(plain) ||
    (/^(?:pg_|has_.*_privilege$|duckdb_|pragma_|read_|scan_)/.test(plain) &&
      plain !== "pg_typeof" &&
      plain !== "pg_size_pretty")
  );
}

/** Views of the engine's own catalog, which every query would see beside its tables. */
export function isCatalogView(name: string): boolean {
  return /^(?:duckdb_|pragma_|pg_|sqlite_)/.test(name.toLowerCase());
}
