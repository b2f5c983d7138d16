import type { Report } from "../../bench/report/report.ts";
import { figure, moment } from "../format.ts";
import { Chart } from "../parts/chart.tsx";
import { Panel, Tile, Table } from "../parts/common.tsx";

export type { Report };

/** A benchmark's report: facts, charts, tables, and what is needed to repeat it. */
export function ReportView({ report, onDownload }: { report: Report; onDownload: () => void }) {
  const { charts, command, facts, machine, notes, tables, time, title, versions } = report;
  return (
    <>
      <Panel
        title={title}
        actions={
          <button type="button" onClick={onDownload}>
            Download
          </button>
        }
      >
        <p>{moment(time)}</p>
        <dl class="tiles">
          {facts.map(({ name, value }) => (
            <Tile key={name} name={name}>
              {value}
            </Tile>
          ))}
        </dl>
      </Panel>
      {charts.map((chart) => (
        <Panel key={chart.title} title={chart.title}>
          <ReportChart chart={chart} />
        </Panel>
      ))}
      {tables.map(({ columns, rows, title: name }) => (
        <Panel key={name} title={name}>
          <Table columns={columns}>
            {rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at}>{cell}</td>
                ))}
              </tr>
            ))}
          </Table>
        </Panel>
      ))}
      <Panel title="How it was measured">
        {notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
        <dl class="facts">
          {Object.entries({ ...machine, ...versions }).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
        </dl>
        <p>
          Again: <code>{command}</code>
        </p>
      </Panel>
    </>
  );
}

function ReportChart({ chart }: { chart: Report["charts"][number] }) {
  const { kind, series, title, x, y } = chart;
  const names = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))];
  const isNumber = names.every((name) => typeof name === "number");
  const places = isNumber ? (names as number[]).toSorted((a, b) => a - b) : names.map((_, index) => index);
  const lines = series.map(({ points }) => {
    const values = new Map(points);
    return places.map((place, index) => values.get(isNumber ? place : (names[index] as string)) ?? null);
  });
  return (
    <>
      <Chart
        label={title}
        data={[places, ...lines]}
        value={figure}
        x={(place) => (isNumber ? figure(place) : String(names[place] ?? ""))}
        series={series.map(({ name }, index) => ({
          label: name,
          color: (index % 4) + 1,
          isBar: kind === "bar",
        }))}
      />
      <small>
        {x} → {y}
      </small>
    </>
  );
}
