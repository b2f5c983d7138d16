import { FRAME_FUNCTIONS } from "./frame-functions.ts";
import type { ComputeFunction } from "./function.ts";
import { ROW_FUNCTIONS } from "./row-functions.ts";

/** All functions that hearth has of its own; nothing is loaded before one is called. */
export const FUNCTIONS: readonly ComputeFunction[] = [...ROW_FUNCTIONS, ...FRAME_FUNCTIONS];
