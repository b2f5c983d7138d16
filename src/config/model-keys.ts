/**
 * The top-level keys of llama-swap's own config, which stand in hearth's at the same places, so that a file of theirs
 * runs as it is. Source: https://github.com/mostlygeek/llama-swap, its `config.example.yaml`.
 */
const LLAMA_SWAP_KEYS = [
  "models",
  "groups",
  "matrix",
  "macros",
  "hooks",
  "profiles",
  "selectors",
  "peers",
  "routing",
  "healthCheckTimeout",
  "globalTTL",
  "unloadTimeout",
  "startPort",
  "sendLoadingState",
  "includeAliasesInList",
  "apiKeys",
  "logLevel",
  "logRequests",
  "logToStdout",
  "logTimeFormat",
  "metricsMaxInMemory",
  "captureBuffer",
  "performance",
  "store",
  "timeouts",
  "ui",
  "upstream",
] as const;

/** The top-level keys that speak of models: llama-swap's, and hearth's own. `src/models/config` reads them. */
export const MODEL_KEYS: readonly string[] = [...LLAMA_SWAP_KEYS, "fairnessWindow"];
