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
   * @param isWatching it only looked on: it counts in the figures, and is nothing that a person wants to see
   */
  note(request: DoneRequest, isWatching: boolean): void;
}

/** Nothing is known yet. */
export function createInsight(statistics: Statistics = createStatistics()): Insight {
  const timeline = createTimeline();
  const activity = createActivity();
  return {
    statistics,
    timeline,
    activity,
    note(request, isWatching) {
      const { durationMs, endedMs, route, status } = request;
      statistics.add(route, status, durationMs);
      if (isWatching) return;
      timeline.add(endedMs, status, durationMs);
      activity.add(request);
    },
  };
}
