/** What a running server lets its owner do; embedded there is none. */
export interface ServerControl {
  /**
   * Lets guests reach further folders, now; relative ones start from `directory`. Gives all roots. Throws
   * `file-not-found` or `not-a-file` for what is no folder.
   */
  addRoots(roots: readonly string[], directory: string): Promise<readonly string[]>;
  /** Reads the config file again; a broken one changes nothing. Throws `config-invalid`. */
  reload(): Promise<ReloadResult>;
  /** Each setting's value and origin; secrets are not in it. */
  showConfig(): Readonly<Record<string, unknown>>;
}

export interface ReloadResult {
  /** Names of the settings that have another value now. */
  readonly changed: readonly string[];
  /** What changed but applies only after a restart. */
  readonly needsRestart: readonly string[];
  readonly warnings: readonly string[];
}
