import { useState } from "preact/hooks";
import { json, look } from "../api.ts";
import { clock, duration } from "../format.ts";
import { live } from "../live.ts";
import { Badge, Empty, Failure, Panel, useAnswer, useNow, Table } from "../parts/common.tsx";
import { LogTable } from "../parts/log-table.tsx";
import { go, hrefOf, useRoute } from "../router.ts";
import { useStore } from "../store.ts";
import type { DoneRequest, LogRecord, RunningFacts } from "../types.ts";

/** What runs, which can be cancelled, and what was answered last. */
export function ActivityView() {
  const { recent, running } = useStore(live);
  return (
    <>
      <Running running={running} />
      <Recent recent={recent} />
    </>
  );
}

function Running({ running }: { running: readonly RunningFacts[] }) {
  const now = useNow();
  const [error, setError] = useState<unknown>(undefined);
  const cancel = (id: string) => async () => {
    setError(undefined);
    try {
      await json(`/api/activity/cancel/${encodeURIComponent(id)}`, { method: "POST", isWatching: true });
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Panel title="Running now">
      <Failure error={error} />
      {running.length === 0 ? (
        <Empty>Nothing is running.</Empty>
      ) : (
        <Table columns={["For", "Route", "Model", "Caller", "Request", "Do"]}>
          {running.map(({ caller, id, method, model, route, startedMs }) => (
            <tr key={`${id} ${startedMs}`}>
              <td>{duration(Math.max(0, now - startedMs))}</td>
              <td>
                {method} {route}
              </td>
              <td>{model ?? ""}</td>
              <td>{caller}</td>
              <td>
                <code>{id}</code>
              </td>
              <td>
                <button type="button" onClick={cancel(id)}>
                  Cancel <span class="sr">{id}</span>
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

const SHOWN = 200;

function Recent({ recent }: { recent: readonly DoneRequest[] }) {
  const { params } = useRoute();
  const filter = Object.fromEntries(
    ["request", "route", "status", "model"].map((name) => [name, params.get(name) ?? ""]),
  ) as Record<"request" | "route" | "status" | "model", string>;
  const set = (name: string) => (event: Event) =>
    go(hrefOf("activity", "", { ...filter, [name]: (event.target as HTMLInputElement).value }), true);
  const found = recent.filter(
    ({ id, model, route, status }) =>
      id.includes(filter.request) &&
      route.includes(filter.route) &&
      String(status).startsWith(filter.status) &&
      (model ?? "").includes(filter.model),
  );
  const [opened, setOpened] = useState<string | undefined>(undefined);
  return (
    <Panel title="Answered last">
      <form class="line" onSubmit={(event: Event) => event.preventDefault()}>
        <label>
          Request <input type="search" value={filter.request} onInput={set("request")} />
        </label>
        <label>
          Route <input type="search" value={filter.route} onInput={set("route")} />
        </label>
        <label>
          Status{" "}
          <select value={filter.status} onChange={set("status")}>
            <option value="">all</option>
            <option value="2">2xx</option>
            <option value="4">4xx</option>
            <option value="5">5xx</option>
          </select>
        </label>
        <label>
          Model <input type="search" value={filter.model} onInput={set("model")} />
        </label>
      </form>
      {found.length === 0 ? (
        <Empty>{recent.length === 0 ? "No request was answered yet." : "None is like this."}</Empty>
      ) : (
        <>
          <Table columns={["At", "Route", "Status", { number: "Took" }, "Model", "Caller", "Request"]}>
            {found.slice(0, SHOWN).map((request) => (
              <Row
                key={`${request.id} ${request.endedMs}`}
                request={request}
                isOpen={opened === request.id}
                onToggle={() => setOpened(opened === request.id ? undefined : request.id)}
              />
            ))}
          </Table>
          {found.length > SHOWN ? <Empty>and {found.length - SHOWN} more; narrow it down above</Empty> : null}
        </>
      )}
    </Panel>
  );
}

interface RowProps {
  readonly request: DoneRequest;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Row({ request, isOpen, onToggle }: RowProps) {
  const { caller, code, durationMs, endedMs, id, message, method, model, route, status } = request;
  const kind = status < 400 ? "good" : status < 500 ? "busy" : "bad";
  return (
    <>
      <tr>
        <td>{clock(endedMs)}</td>
        <td>
          {method} {route}
          {message === undefined ? null : (
            <small>
              {code}: {message}
            </small>
          )}
        </td>
        <td>
          <Badge kind={kind}>{status}</Badge>
        </td>
        <td class="number">{duration(durationMs)}</td>
        <td>{model ?? ""}</td>
        <td>{caller}</td>
        <td>
          <button type="button" class="plain" aria-expanded={isOpen ? "true" : "false"} onClick={onToggle}>
            <code>{id}</code>
          </button>
        </td>
      </tr>
      {isOpen ? (
        <tr>
          <td colspan={7}>
            <RequestLog id={id} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

function RequestLog({ id }: { id: string }) {
  const { answer, error } = useAnswer(id, (signal) =>
    look<{ lines: LogRecord[] }>(`/api/logs?request=${encodeURIComponent(id)}`, signal),
  );
  return (
    <>
      <Failure error={error} />
      {answer === undefined ? null : answer.lines.length === 0 ? (
        <Empty>The log has no line of this request.</Empty>
      ) : (
        <LogTable lines={answer.lines} />
      )}
    </>
  );
}
