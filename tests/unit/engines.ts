import { createEngine, type Engine, type EngineOptions } from "../../src/engine/engine.ts";
import { createEngineProcess } from "../../src/engine/process/engine-process.ts";
import { loadRuntime } from "../../src/runtime/detect.ts";

const runtime = await loadRuntime();

/** The engine as it is embedded, and as a server has it. */
export const ENGINES: readonly [string, (options: EngineOptions) => Engine][] = [
  ["this process", createEngine],
  ["a process of its own", (options) => createEngineProcess(options, { runtime })],
];
