import { useState } from "preact/hooks";
import { call, look } from "../api.ts";
import { figure, moment } from "../format.ts";
import { live } from "../live.ts";
import { Empty, Failure, Panel, useAnswer, Table } from "../parts/common.tsx";
import { save } from "../parts/save.ts";
import { go, hrefOf, useRoute } from "../router.ts";
import { useStore } from "../store.ts";
import { type Report, ReportView } from "./report.tsx";

interface Run {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly time: string;
  readonly command: string;
  readonly headline: {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
    readonly isLessBetter: boolean;
  };
  readonly hasReport: boolean;
  readonly report?: Report;
}

/** Benchmarks and evaluations that were run here; one as its report, two side by side. */
export function BenchmarksView() {
  const { rest } = useRoute();
  const { access } = useStore(live);
  if (access?.server !== true) return <Empty>A hearth inside a program keeps no history.</Empty>;
  return rest === "" ? <History /> : <OneRun key={rest} id={rest} />;
}

function History() {
  const { answer, error } = useAnswer("history", (signal) => look<{ runs: Run[] }>("/api/history", signal));
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const runs = (answer?.runs ?? []).toReversed();
  const compared = runs.filter(({ id }) => chosen.includes(id));
  const toggle = (id: string) => () =>
    setChosen(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id].slice(-2));
  return (
    <>
      {compared.length === 2 ? <Comparison later={compared[0] as Run} earlier={compared[1] as Run} /> : null}
      <Panel title="Benchmarks and evaluations">
        <Failure error={error} />
        {answer !== undefined && runs.length === 0 ? (
          <Empty>
            None was run here yet. <code>hearth bench operations</code> tells what warm calls save.
          </Empty>
        ) : null}
        {runs.length === 0 ? null : (
          <Table
            columns={["Compare", "When", "What", "Of", { number: "Result" }, { number: "Since the last" }]}
          >
            {runs.map((run, index) => (
              <tr key={run.id}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare the run of ${moment(run.time)}`}
                    checked={chosen.includes(run.id)}
                    onChange={toggle(run.id)}
                  />
                </td>
                <td>
                  <a href={hrefOf("benchmarks", run.id)}>{moment(run.time)}</a>
                </td>
                <td>{run.kind}</td>
                <td>{run.subject}</td>
                <td class="number">
                  {figure(run.headline.value)} {run.headline.unit}
                  <small>{run.headline.name}</small>
                </td>
                <td class="number">{sinceLast(run, runs.slice(index + 1))}</td>
              </tr>
            ))}
          </Table>
        )}
      </Panel>
    </>
  );
}

function sinceLast(run: Run, earlier: readonly Run[]): string {
  const before = earlier.find(({ kind, subject }) => kind === run.kind && subject === run.subject);
  return before === undefined ? "" : ratioText(run, before);
}

function ratioText(later: Run, earlier: Run): string {
  const ratio = later.headline.value / earlier.headline.value;
  if (!Number.isFinite(ratio)) return "";
  const percent = Math.abs((ratio - 1) * 100);
  if (percent < 5) return "much the same";
  return `${figure(percent)} % ${ratio < 1 === later.headline.isLessBetter ? "better" : "worse"}`;
}

function Comparison({ earlier, later }: { earlier: Run; later: Run }) {
  const isSame = later.kind === earlier.kind && later.headline.name === earlier.headline.name;
  return (
    <Panel title="Compared">
      <table>
        <thead>
          <tr>
            <th>Run</th>
            <th>What</th>
            <th>Of</th>
            <th class="number">{isSame ? later.headline.name : "Result"}</th>
          </tr>
        </thead>
        <tbody>
          {[earlier, later].map((run) => (
            <tr key={run.id}>
              <td>{moment(run.time)}</td>
              <td>{run.kind}</td>
              <td>{run.subject}</td>
              <td class="number">
                {figure(run.headline.value)} {run.headline.unit}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{isSame ? `The later one is ${ratioText(later, earlier)}.` : "They measured different things."}</p>
    </Panel>
  );
}

function OneRun({ id }: { id: string }) {
  const path = `/api/history/${encodeURIComponent(id)}`;
  const { answer, error } = useAnswer(id, (signal) => look<{ run: Run }>(path, signal));
  const run = answer?.run;
  const download = async () => {
    const html = await (await call(`${path}/report`, { isWatching: true })).blob();
    save(html, `${id}.html`);
  };
  return (
    <>
      <p>
        <a href={hrefOf("benchmarks")}>All runs</a>
      </p>
      <Failure error={error} />
      {run === undefined ? null : run.report === undefined ? (
        <Panel title={`${run.kind} of ${run.subject}`}>
          <p>
            {figure(run.headline.value)} {run.headline.unit}, {run.headline.name}. It was kept by an earlier
            version, without a report.
          </p>
          <button type="button" onClick={() => go(hrefOf("benchmarks"))}>
            Back
          </button>
        </Panel>
      ) : (
        <ReportView report={run.report} onDownload={download} />
      )}
    </>
  );
}
