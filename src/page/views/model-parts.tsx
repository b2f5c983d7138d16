import { useState } from "preact/hooks";
import { inPath, json } from "../api.ts";
import { duration } from "../format.ts";
import { Badge } from "../parts/common.tsx";
import type { ModelFacts } from "../types.ts";

const KINDS: Readonly<Record<string, "good" | "busy" | "bad" | "quiet">> = {
  ready: "good",
  draining: "busy",
  starting: "busy",
  loading: "busy",
  stopping: "busy",
  failed: "bad",
  stopped: "quiet",
};

/** A model's state in a word. */
export function StateBadge({ model }: { model: ModelFacts }) {
  return <Badge kind={KINDS[model.state] ?? "busy"}>{model.state}</Badge>;
}

/** Until it is unloaded if nobody asks; `passedMs` went by since it was told. */
export function timeLeft({ pinned, ttlLeftSeconds }: ModelFacts, passedMs: number): string {
  if (pinned) return "never";
  return ttlLeftSeconds === null ? "–" : duration(Math.max(0, ttlLeftSeconds * 1000 - passedMs));
}

/** Load or unload, pin or unpin. */
export function ModelButtons({ model, onError }: { model: ModelFacts; onError: (error: unknown) => void }) {
  const [isAsking, setAsking] = useState(false);
  const ask = (verb: string) => async () => {
    setAsking(true);
    onError(undefined);
    try {
      await json(`/api/models/${verb}/${inPath(model.id)}`, { method: "POST" });
    } catch (error) {
      onError(error);
    } finally {
      setAsking(false);
    }
  };
  const isOff = model.state === "stopped" || model.state === "failed";
  return (
    <span class="actions">
      <button type="button" disabled={isAsking} onClick={ask(isOff ? "load" : "unload")}>
        {isOff ? "Load" : "Unload"} <span class="sr">{model.id}</span>
      </button>
      <button
        type="button"
        onClick={ask(model.pinned ? "unpin" : "pin")}
        aria-pressed={model.pinned ? "true" : "false"}
      >
        {model.pinned ? "Unpin" : "Pin"} <span class="sr">{model.id}</span>
      </button>
    </span>
  );
}
