import { useEffect, useState } from "preact/hooks";
import { live, want } from "../live.ts";
import { Empty, Panel } from "../parts/common.tsx";
import { LogTable, textOf } from "../parts/log-table.tsx";
import { useStore } from "../store.ts";
import type { LogRecord } from "../types.ts";

const RANKS: Readonly<Record<string, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const SHOWN = 500;

/** The server's own log, where it has one. */
export function LogsView() {
  const { access } = useStore(live);
  if (access?.server !== true) return <Empty>A hearth inside a program has no log of its own.</Empty>;
  return <Log />;
}

/** The lines as they are written, the newest first. */
function Log() {
  const { logs } = useStore(live);
  const [level, setLevel] = useState("info");
  const [text, setText] = useState("");
  const [hasRequests, setHasRequests] = useState(true);
  const [held, setHeld] = useState<readonly LogRecord[] | undefined>(undefined);
  useEffect(() => want({ logs: true }), []);
  const wanted = text.toLowerCase();
  const found = (held ?? logs)
    .filter(
      (line) =>
        (RANKS[line.level] ?? 0) >= (RANKS[level] ?? 0) &&
        (hasRequests || line.event !== "request") &&
        textOf(line).toLowerCase().includes(wanted),
    )
    .slice(-SHOWN)
    .toReversed();
  return (
    <Panel
      title="Log"
      actions={
        <button
          type="button"
          aria-pressed={held === undefined ? "false" : "true"}
          onClick={() => setHeld(held === undefined ? logs : undefined)}
        >
          {held === undefined ? "Hold" : "Go on"}
        </button>
      }
    >
      <form class="line" onSubmit={(event: Event) => event.preventDefault()}>
        <label>
          Level{" "}
          <select
            value={level}
            onChange={(event: Event) => setLevel((event.target as HTMLSelectElement).value)}
          >
            {Object.keys(RANKS).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Holds{" "}
          <input
            type="search"
            value={text}
            onInput={(event: Event) => setText((event.target as HTMLInputElement).value)}
          />
        </label>
        <label>
          <input
            type="checkbox"
            checked={hasRequests}
            onChange={(event: Event) => setHasRequests((event.target as HTMLInputElement).checked)}
          />{" "}
          requests
        </label>
      </form>
      {found.length === 0 ? (
        <Empty>No such line.</Empty>
      ) : (
        <div class="scroll tall" tabindex={0} role="region" aria-label="Lines of the log">
          <LogTable lines={found} />
        </div>
      )}
    </Panel>
  );
}
