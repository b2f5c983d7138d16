import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createLogFile, type LogFile } from "../lifecycle/log-file.ts";
import { onceUnlessFailed } from "../once-unless-failed.ts";
import type { Runtime } from "../runtime/types.ts";
import type { ModelsConfig } from "./config/types.ts";
import { ModelPool } from "./pool.ts";
import { ChildrenRecord, endLeftovers } from "./process/children-record.ts";
import { Guardian } from "./process/guardian.ts";
import type { ProcessSystem } from "./process/guarded-process.ts";
import { Gateway } from "./proxy/gateway.ts";

/** What the models of a hearth need of it. */
export interface ModelHost {
  readonly runtime: () => Promise<Runtime>;
  /** Folder of this hearth's own for what it must find again, and for logs; undefined: nothing is written. */
  readonly stateFolder: string | undefined;
  /** Seconds without use after which a model goes whose config doesn't say; 0: never. */
  readonly defaultTtlSeconds: () => number;
  /** For all models together; undefined: no limit. */
  readonly memoryBudgetBytes: () => number | undefined;
  /** Bytes after which a model's log file is rotated. */
  readonly logMaxBytes: () => number;
  /** Keeps the hearth from leaving while a model is loaded, until what it gives is called. */
  readonly hold?: (() => () => void) | undefined;
  readonly onNotice?: ((message: string, details: Readonly<Record<string, unknown>>) => void) | undefined;
  /** Why no models are known, where that needs a word: the config that names them may not be trusted yet. */
  readonly whyNone?: (() => string | undefined) | undefined;
}

/** The model servers of a hearth and the way to them. */
export interface Models {
  readonly pool: ModelPool;
  readonly gateway: Gateway;
  /** Ends what an earlier hearth left running, without waiting for the first start. */
  prepare(): Promise<void>;
  /** Stops all servers; settles when the last process is gone. */
  close(): Promise<void>;
}

/** Puts together what runs models. Starts nothing but what the config preloads. */
export function createModels(config: ModelsConfig, host: ModelHost): Models {
  const logs = new ModelLogs(host);
  const onProblem = (message: string, cause: unknown) =>
    host.onNotice?.(message, cause === undefined ? {} : { reason: String(cause) });
  const systemOnce = onceUnlessFailed(() => createSystem(host, onProblem));
  const pool = new ModelPool({
    config,
    system: systemOnce,
    defaultTtlSeconds: host.defaultTtlSeconds,
    memoryBudgetBytes: host.memoryBudgetBytes,
    onOutput: (model, line) => logs.append(model, line),
    ...(host.onNotice === undefined ? {} : { onNotice: host.onNotice }),
    ...(host.hold === undefined ? {} : { hold: host.hold }),
    whyNone: host.whyNone,
  });
  const gateway = new Gateway(pool);
  return {
    pool,
    gateway,
    async prepare() {
      await systemOnce();
    },
    async close() {
      try {
        await pool.close();
      } finally {
        gateway.close();
        logs.close();
      }
    },
  };
}

async function createSystem(
  host: ModelHost,
  onProblem: (message: string, cause: unknown) => void,
): Promise<ProcessSystem> {
  const runtime = await host.runtime();
  const guardian = new Guardian(runtime, onProblem);
  const { stateFolder } = host;
  const identity = stateFolder === undefined ? undefined : await runtime.identify(process.pid);
  if (stateFolder === undefined || identity === undefined) return { runtime, guardian };
  // Before the first start: what an earlier hearth left may hold our ports and our memory.
  const ended = await endLeftovers(stateFolder, runtime);
  if (ended.length > 0) host.onNotice?.("model servers of an earlier hearth were ended", { pids: ended });
  const record = new ChildrenRecord(stateFolder, identity, onProblem);
  return { runtime, guardian, onFamily: (family, isThere) => record.note(family, isThere) };
}

/** A log file for each model, below the folder of the instance. */
class ModelLogs {
  readonly #host: ModelHost;
  readonly #files = new Map<string, LogFile>();

  constructor(host: ModelHost) {
    this.#host = host;
  }

  append(model: string, line: string): void {
    const { stateFolder } = this.#host;
    if (stateFolder === undefined) return;
    let file = this.#files.get(model);
    if (file === undefined) {
      const folder = join(stateFolder, "models");
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
      } catch (cause) {
        // The lines are lost and the model goes on; the folder is tried again when another file is.
        this.#host.onNotice?.("a model's output can't be kept", { model, reason: String(cause) });
      }
      // Ids hold slashes and whatever else.
      file = createLogFile(join(folder, `${encodeURIComponent(model)}.log`), this.#host.logMaxBytes());
      this.#files.set(model, file);
    }
    file.append(line);
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }
}
