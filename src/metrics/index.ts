export { METRICS_TYPES, renderMetrics } from "./exposition.ts";
export { modelSamples } from "./model-samples.ts";
export { serverSamples } from "./server-samples.ts";
