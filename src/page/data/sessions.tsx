import { ApiError, call, look } from "../api.ts";
import { count, moment } from "../format.ts";
import { live } from "../live.ts";
import { Empty, Failure, Panel, Tile, useAnswer } from "../parts/common.tsx";
import { hrefOf } from "../router.ts";
import { useStore } from "../store.ts";
import { cellText, type Row } from "./query.ts";

interface SessionFacts {
  readonly session_id: string;
  readonly interface_file: string;
  readonly shape: readonly [number, number];
  readonly columns: readonly string[];
  readonly last_accessed: number;
}

/** All sessions that guests of this server made. */
export function Sessions() {
  const { pulse } = useStore(live);
  const { answer, error } = useAnswer(`sessions ${pulse?.sessions.count ?? 0}`, (signal) =>
    look<{ sessions: SessionFacts[] }>("/api/sessions", signal),
  );
  return (
    <Panel title="Sessions">
      <Failure error={error} />
      {answer === undefined ? null : answer.sessions.length === 0 ? (
        <Empty>
          No session is open here. The command line's own are told by <code>hearth session list</code>.
        </Empty>
      ) : (
        <ul class="files">
          {answer.sessions.map(({ interface_file, last_accessed, session_id, shape: [rows, columns] }) => (
            <li key={session_id}>
              <a href={hrefOf("data", "", { session: session_id })}>{interface_file}</a>{" "}
              <small>
                {count(rows)} × {count(columns)}, used {moment(last_accessed * 1000)}
              </small>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

interface SessionState {
  readonly facts: SessionFacts;
  readonly focus: Readonly<Record<string, unknown>>;
  readonly rows: readonly Row[];
}

const SHOWN = 500;

/** One session: what it looks at, and its values. */
export function SessionView({ id }: { id: string }) {
  const { answer, error } = useAnswer(id, (signal) => readSession(id, signal));
  return (
    <Panel title={answer === undefined ? "Session" : answer.facts.interface_file}>
      <p>
        <a href={hrefOf("data")}>All files and sessions</a>
      </p>
      <Failure error={error} />
      {answer === undefined ? null : (
        <>
          <dl class="tiles">
            {Object.entries(answer.focus).map(([name, value]) => (
              <Tile key={name} name={name}>
                {cellText(value) || "none"}
              </Tile>
            ))}
          </dl>
          <div class="scroll tall" tabindex={0} role="region" aria-label="Values of the session">
            <table>
              <thead>
                <tr>
                  {answer.facts.columns.map((name) => (
                    <th key={name}>{name}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {answer.rows.map((row, index) => (
                  <tr key={index}>
                    {answer.facts.columns.map((name) => (
                      <td key={name}>{cellText(row[name])}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {answer.facts.shape[0] > SHOWN ? <Empty>The first {SHOWN} rows</Empty> : null}
        </>
      )}
    </Panel>
  );
}

async function readSession(id: string, signal: AbortSignal): Promise<SessionState> {
  const path = `/api/sessions/${encodeURIComponent(id)}`;
  const [{ session }, response, ...focus] = await Promise.all([
    look<{ session: SessionFacts }>(path, signal),
    call(`${path}/table?format=ndjson`, { isWatching: true, signal }),
    ...FOCUS.map((name) => focusOn(path, name, signal)),
  ]);
  const shown = Object.fromEntries(FOCUS.map((name, index) => [name, focus[index]]));
  return { facts: session, focus: shown, rows: await firstLines(response) };
}

/** What a session looks at; the value is that of its row and column. */
const FOCUS = ["index", "column", "selector", "value"] as const;

/** One part of the focus; null where there is none, such as a value without a row. */
async function focusOn(path: string, name: (typeof FOCUS)[number], signal: AbortSignal): Promise<unknown> {
  try {
    return (await look<Record<string, unknown>>(`${path}/get_${name}`, signal))[name];
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

/** The first rows of an answer; the rest is not read. */
async function firstLines(response: Response): Promise<readonly Row[]> {
  if (response.body === null) return [];
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  const rows: Row[] = [];
  let rest = "";
  for (;;) {
    const { done, value = "" } = await reader.read();
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "" && rows.length < SHOWN) rows.push(JSON.parse(line) as Row);
    if (done) return rows;
    if (rows.length === SHOWN) {
      await reader.cancel();
      return rows;
    }
  }
}
