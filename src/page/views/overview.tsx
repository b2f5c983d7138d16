import { useMemo } from "preact/hooks";
import { look } from "../api.ts";
import { bytes, clock, count, duration, figure } from "../format.ts";
import { live } from "../live.ts";
import { Chart } from "../parts/chart.tsx";
import { Badge, Empty, Panel, Tile, useAnswer, useNow, Table } from "../parts/common.tsx";
import { hrefOf } from "../router.ts";
import { useStore } from "../store.ts";
import type { LatencySummary, Status, TimelineSlot } from "../types.ts";
import { findWarnings } from "../warnings.ts";
import { StateBadge } from "./model-parts.tsx";

/** What the server is, what it keeps warm, and how it does. */
export function OverviewView() {
  return (
    <>
      <Warnings />
      <Figures />
      <LastMinutes />
      <Warm />
      <Routes />
    </>
  );
}

function Warnings() {
  const { access, connection, models, pulse, status } = useStore(live);
  const isOwner = access?.control === true && access.server;
  const { answer: config } = useAnswer(`config ${isOwner} ${connection}`, (signal) =>
    isOwner ? look<Record<string, unknown>>("/api/config", signal) : Promise.resolve({}),
  );
  const warnings = findWarnings({ config: config ?? {}, models, pulse, status });
  if (warnings.length === 0) return null;
  return (
    <Panel title="Warnings">
      <ul class="warnings">
        {warnings.map(({ href, remedy, text }) => (
          <li key={text}>
            {href === undefined ? text : <a href={href}>{text}</a>}
            {remedy === undefined ? null : <small>{remedy}</small>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Figures() {
  const { connection, pulse, status } = useStore(live);
  const now = useNow();
  const startedMs = useMemo(() => Date.now() - (status?.uptime_seconds ?? 0) * 1000, [status]);
  const { hearth } = status ?? {};
  const isGone = connection === "asleep" || connection === "lost" || connection === "stranger";
  const { requests } = pulse ?? {};
  const leaves = pulse?.leavesAt;
  return (
    <dl class="tiles">
      <Tile name="Server" note={hearth === undefined ? undefined : `${hearth.version}, ${hearth.runtime}`}>
        {isGone ? (connection === "asleep" ? "asleep" : "no answer") : (hearth?.instance ?? "embedded")}
      </Tile>
      <Tile name="Up for" note={status === undefined ? undefined : `pid ${status.pid}`}>
        {status === undefined || isGone ? "–" : duration(now - startedMs)}
      </Tile>
      <Tile name="Memory">{pulse === undefined ? "–" : bytes(pulse.memoryBytes)}</Tile>
      <Tile
        name="Running now"
        note={pulse?.inFlight === undefined ? undefined : `${pulse.inFlight.watching} looking on`}
      >
        {pulse?.inFlight === undefined ? "–" : count(pulse.inFlight.active)}
      </Tile>
      <Tile name="Leaves" note={leaves == null ? undefined : `at ${clock(leaves * 1000)} if nobody asks`}>
        {leaves == null ? "never" : isGone ? "–" : `in ${duration(Math.max(0, leaves * 1000 - now))}`}
      </Tile>
      <Tile
        name="Requests"
        note={
          requests === undefined
            ? undefined
            : `${count(requests.refused)} refused, ${count(requests.failed)} failed`
        }
      >
        {requests === undefined ? "–" : count(requests.served + requests.refused + requests.failed)}
      </Tile>
    </dl>
  );
}

const MINUTES = 10;
const SLOT_SECONDS = 10;

function LastMinutes() {
  const { slots } = useStore(live);
  const now = useNow(SLOT_SECONDS * 1000);
  const { latency, requests } = useMemo(() => series(slots, now), [slots, now]);
  return (
    <div class="columns">
      <Panel title="Requests a second, last ten minutes">
        <Chart
          label="Requests a second over the last ten minutes"
          data={requests}
          isTime
          value={figure}
          series={[
            { label: "answered", color: 1 },
            { label: "refused or failed", color: 2 },
          ]}
        />
      </Panel>
      <Panel title="Latency, last ten minutes">
        <Chart
          label="Latency over the last ten minutes"
          data={latency}
          isTime
          value={duration}
          series={[
            { label: "median", color: 1 },
            { label: "99 %", color: 3 },
          ]}
        />
      </Panel>
    </div>
  );
}

type Lines = [number[], (number | null)[], (number | null)[]];

function series(slots: readonly TimelineSlot[], nowMs: number): { requests: Lines; latency: Lines } {
  const byTime = new Map(slots.map((slot) => [slot.time, slot]));
  const last = Math.floor(nowMs / 1000 / SLOT_SECONDS) * SLOT_SECONDS;
  const times = Array.from(
    { length: (MINUTES * 60) / SLOT_SECONDS + 1 },
    (_, i) => last - MINUTES * 60 + i * SLOT_SECONDS,
  );
  const found = times.map((time) => byTime.get(time));
  return {
    requests: [
      times,
      found.map((slot) => (slot?.served ?? 0) / SLOT_SECONDS),
      found.map((slot) => ((slot?.refused ?? 0) + (slot?.failed ?? 0)) / SLOT_SECONDS),
    ],
    latency: [times, found.map((slot) => slot?.p50Ms ?? null), found.map((slot) => slot?.p99Ms ?? null)],
  };
}

function Warm() {
  const { models, pulse } = useStore(live);
  const shown = models.filter(({ state }) => state !== "stopped");
  const loaded = shown.filter(({ state }) => state === "ready" || state === "draining");
  const { cache, sessions } = pulse ?? {};
  const asked = (cache?.hits ?? 0) + (cache?.misses ?? 0);
  return (
    <Panel title="Kept warm">
      <dl class="tiles">
        <Tile
          name="Tables"
          note={cache === undefined ? undefined : `${bytes(cache.bytes)} of ${bytes(cache.limit)}`}
        >
          {count(cache?.entries ?? 0)}
        </Tile>
        <Tile name="Found in the cache" note={`${count(cache?.hits ?? 0)} of ${count(asked)}`}>
          {asked === 0 ? "–" : `${Math.round(((cache?.hits ?? 0) / asked) * 100)} %`}
        </Tile>
        <Tile name="Sessions" note={bytes(sessions?.bytes ?? 0)}>
          {count(sessions?.count ?? 0)}
        </Tile>
        <Tile name="Models loaded">{count(loaded.length)}</Tile>
      </dl>
      {shown.length === 0 ? null : (
        <ul class="chips">
          {shown.map((model) => (
            <li key={model.id}>
              <a href={hrefOf("models", model.id)}>{model.id}</a> <StateBadge model={model} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Routes() {
  const { connection, slots } = useStore(live);
  // Asked for again when somebody asked for something else than a look.
  const { failed = 0, refused = 0, served = 0, time = 0 } = slots.at(-1) ?? {};
  const { answer } = useAnswer(`routes ${time} ${served + refused + failed} ${connection}`, (signal) =>
    look<Status>("/api/status", signal),
  );
  const routes = Object.entries(answer?.hearth.requests.routes ?? {}) as [string, LatencySummary][];
  const sorted = routes.toSorted(([, a], [, b]) => b.count - a.count).slice(0, 12);
  return (
    <Panel title="Where the time goes">
      {sorted.length === 0 ? (
        <Empty>No request was answered yet.</Empty>
      ) : (
        <Table columns={["Route", { number: "Requests" }, { number: "Median" }, { number: "99 %" }]}>
          {sorted.map(([route, { count: times, p50Ms, p99Ms }]) => (
            <tr key={route}>
              <td>
                <a href={hrefOf("activity", "", { route })}>{route}</a>
              </td>
              <td class="number">{count(times)}</td>
              <td class="number">{p50Ms === undefined ? "–" : duration(p50Ms)}</td>
              <td class="number">{p99Ms === undefined ? "–" : duration(p99Ms)}</td>
            </tr>
          ))}
        </Table>
      )}
      {connection === "live" ? null : <Badge kind="quiet">as of the last connection</Badge>}
    </Panel>
  );
}
