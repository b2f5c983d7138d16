export {
  type OperationsOptions,
  type OperationsResult,
  runOperationsBenchmark,
} from "./operations/run-operations.ts";
export type { Arrival } from "./serving/load.ts";
export {
  runServingBenchmark,
  type ServingOptions,
  type ServingResult,
  type ServingTarget,
} from "./serving/run-serving.ts";
export { summarize, type Summary } from "./statistics.ts";
export { createDummyDataset, type Split } from "./training/dataset.ts";
export type { BenchmarkResult, Iteration, TimeSource } from "./training/result.ts";
export {
  runTrainingBenchmark,
  type TrainingOptions,
  type TrainingProgress,
} from "./training/run-training.ts";
export {
  judge,
  type Judgement,
  type Verdict,
  VERDICT_BOUNDS,
  type VerdictBounds,
} from "./training/verdict.ts";
