/**
 * The top-level keys of llama-swap's own config, which stand in hearth's at the same places, so that a file of theirs
 * runs as it is. Source: https://github.com/mostlygeek/llama-swap, its `config.example.yaml`.
 */
export const LLAMA_SWAP_KEYS: readonly string[] = [
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
];
