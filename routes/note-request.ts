import type { Insight } from "../src/insight/insight.ts";
import { routeOf } from "./endpoints.ts";
import type { FinishedRequest, StartedRequest } from "./guard.ts";

/** Notes an answered request. */
export function noteAnswered(request: FinishedRequest, route: string, insight: Insight): void {
  const { callerKind: caller, durationMs, error, headMs, method, model, requestId: id, status } = request;
  const { code, hint, message } = error ?? {};
  const times = { endedMs: Date.now(), durationMs, headMs };
  insight.note({ id, method, route, caller, status, ...times, model, code, message, hint }, request);
}

/** Notes a request that takes its time; what it gives notes its end. */
export function noteStarted(
  { callerKind: caller, context, method, path }: StartedRequest,
  insight: Insight,
): () => void {
  const { requestId: id } = context;
  const model = () => context.model;
  const cancel = () => context.cancel();
  return insight.activity.start({
    id,
    method,
    route: routeOf(path),
    caller,
    startedMs: Date.now(),
    model,
    cancel,
  });
}
