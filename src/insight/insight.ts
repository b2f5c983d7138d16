import { createStatistics, type Statistics } from "../lifecycle/statistics.ts";
import { type Activity, createActivity, type DoneRequest } from "./activity.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/** What a server knows of its requests: figures since its start, the last minutes, and single ones. */
export interface Insight {
  readonly statistics: Statistics;
  readonly timeline: Timeline;
  readonly activity: Activity;
  /**
   * Notes an answered request.
   *
   * @param kind `isWatching`: it only looked on: it counts in the figures, and is nothing that a person wants to see;
   *   `isEndless`: a stream that only its reader ends counts with the time to its head
   */
  note(request: DoneRequest, kind: { readonly isWatching: boolean; readonly isEndless: boolean }): void;
}

/** Nothing is known yet. */
export function createInsight(statistics: Statistics = createStatistics()): Insight {
  const timeline = createTimeline();
  const activity = createActivity();
  return {
    statistics,
    timeline,
    activity,
    note(request, { isEndless, isWatching }) {
      const { endedMs, route, status } = request;
      const durationMs = isEndless ? request.headMs : request.durationMs;
      statistics.add(route, status, durationMs);
      if (isWatching) return;
      timeline.add(endedMs, status, durationMs);
      activity.add(request);
    },
  };
}
