import { setImmediate as nextTurn } from "node:timers/promises";
import { type CellObject, isCellObject, keysOf } from "../data/json-keys.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { type ComputeEntry, type FindFunction, parseEntries } from "../functions/entry.ts";
import type { CallContext } from "../functions/function.ts";
import { createRowRunner } from "../functions/run-row.ts";
import { withTimeLimit } from "../functions/time-limit.ts";
import { unlessAborted } from "../functions/unless-aborted.ts";
import type { SessionFrame } from "./frame.ts";
import { frameRow, type StoreCell } from "./frame-row.ts";

/** What computing needs beside the frame. */
export interface FrameCompute {
  readonly find: FindFunction;
  readonly context: CallContext;
  readonly signal: AbortSignal;
  /** Of one section's entries; 0: none. */
  readonly timeLimitSeconds: number;
}

/** Milliseconds of work after which others get their turn. */
const TURN_MS = 10;

/** The sections of an interface that compute, in the order in which they run. */
const COMPUTE_SECTIONS = ["precompute", "compute", "postcompute"];

/**
 * Runs entries over all rows of a frame: rows outside, entries inside (section 8.3 of the wire contract). Cells that are
 * not missing stay. Throws what the functions throw, `column-unknown` for a field that no section has.
 *
 * @param selector the series column that tells rows of one label apart
 */
export function computeFrame(
  frame: SessionFrame,
  selector: string | null,
  entries: readonly ComputeEntry[],
  compute: FrameCompute,
  store: StoreCell,
): Promise<void> {
  return withTimeLimit(compute.timeLimitSeconds, compute.signal, (signal) =>
    computeRows(frame, selector, entries, { ...compute, signal }, store),
  );
}

async function computeRows(
  frame: SessionFrame,
  selector: string | null,
  entries: readonly ComputeEntry[],
  { find, context, signal }: Omit<FrameCompute, "signal"> & { readonly signal: AbortSignal | undefined },
  store: StoreCell,
): Promise<void> {
  const runner = await createRowRunner(entries, find, context);
  let turnMs = performance.now();
  for (const index of frame.indices) {
    const row = frameRow(frame, frame.rowFocus(index, selector), store);
    for (const entry of entries) {
      const pending = runner.run(entry, row);
      if (pending !== undefined) await unlessAborted(pending, signal);
    }
    if (performance.now() - turnMs < TURN_MS) continue;
    await nextTurn();
    signal?.throwIfAborted();
    turnMs = performance.now();
  }
}

/**
 * The entries of an interface's own sections that compute, those of each section together.
 *
 * Of a function that hearth does not know, such as one of a Python package, a warning is given and the others run: the
 * session is of use without it.
 */
export function interfaceEntries(
  values: CellObject,
  find: FindFunction,
): { readonly groups: readonly (readonly ComputeEntry[])[]; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const groups = COMPUTE_SECTIONS.map((name) =>
    listOf(values[name] ?? null).flatMap((entry) => {
      try {
        return parseEntries(entry, find);
      } catch (error) {
        if (!(error instanceof HearthError) || error.code !== "operation-unknown") throw error;
        warnings.push(`"${name}" was left out in part: ${error.message}. ${error.hint ?? ""}`.trim());
        return [];
      }
    }),
  );
  return { groups: groups.filter((group) => group.length > 0), warnings };
}

function listOf(section: Cell): readonly Cell[] {
  if (Array.isArray(section)) return section as readonly Cell[];
  return section === null || (isCellObject(section) && keysOf(section).length === 0) ? [] : [section];
}
