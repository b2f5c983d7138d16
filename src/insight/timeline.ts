import { createHistogram, type Histogram } from "../lifecycle/histogram.ts";

/** Seconds of one slot, and how many are kept: the last ten minutes. */
export const SLOT_SECONDS = 10;
const SLOTS = 60;

/** What was answered within one slot. */
export interface TimelineSlot {
  /** Its beginning, in seconds since the epoch. */
  readonly time: number;
  readonly served: number;
  readonly refused: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Requests and their durations over the last minutes. */
export interface Timeline {
  add(endedMs: number, status: number, durationMs: number): void;
  /** The slots in which something was answered, the oldest first. */
  slots(nowMs?: number): readonly TimelineSlot[];
  /** The slot in which something was answered last; undefined: nothing was. */
  latest(): TimelineSlot | undefined;
}

interface Slot {
  index: number;
  served: number;
  refused: number;
  failed: number;
  histogram: Histogram;
}

/** An empty timeline. A slot that comes round again is filled anew, so its memory never grows: 2 kB a used slot. */
export function createTimeline(): Timeline {
  const ring: (Slot | undefined)[] = [];
  let current: Slot | undefined;

  function slotAt(index: number): Slot {
    const slot = { index, served: 0, refused: 0, failed: 0, histogram: createHistogram() };
    ring[index % SLOTS] = slot;
    return slot;
  }

  return {
    add(endedMs, status, durationMs) {
      const index = Math.floor(endedMs / (SLOT_SECONDS * 1000));
      if (current?.index !== index) current = slotAt(index);
      if (status < 400) current.served += 1;
      else if (status < 500) current.refused += 1;
      else current.failed += 1;
      current.histogram.add(durationMs);
    },
    slots(nowMs = Date.now()) {
      const first = Math.floor(nowMs / (SLOT_SECONDS * 1000)) - SLOTS;
      return ring
        .flatMap((slot) => (slot !== undefined && slot.index > first ? slot : []))
        .sort((a, b) => a.index - b.index)
        .map(described);
    },
    latest: () => (current === undefined ? undefined : described(current)),
  };
}

function described({ failed, histogram, index, refused, served }: Slot): TimelineSlot {
  return {
    time: index * SLOT_SECONDS,
    served,
    refused,
    failed,
    p50Ms: histogram.quantile(0.5) ?? null,
    p99Ms: histogram.quantile(0.99) ?? null,
  };
}
