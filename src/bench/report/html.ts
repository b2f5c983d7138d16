import { machineText } from "./markdown.ts";
import { type Chart, figureColumns, type Report, type ReportTable } from "./report.ts";

const CHART = { width: 860, height: 320 };

/**
 * A report as one HTML file that needs nothing else: no script, no network. The charts are drawn here, as SVG, by Apache
 * ECharts, which is loaded now.
 */
export async function htmlReport(report: Report): Promise<string> {
  const { charts, command, facts, machine, notes, tables, time, title, versions } = report;
  const drawn = await Promise.all(charts.map(drawChart));
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    `<h1>${escaped(title)}</h1>`,
    factList(facts),
    ...drawn.map(
      (svg, i) => `<figure>${svg}<figcaption>${escaped(charts[i]?.title ?? "")}</figcaption></figure>`,
    ),
    ...tables.map((each) => `<h2>${escaped(each.title)}</h2>${htmlTable(each)}`),
    notes.length === 0 ? "" : `<ul>${notes.map((note) => `<li>${escaped(note)}</li>`).join("")}</ul>`,
    `<p>${escaped([machineText(machine), ...known, time].join(", "))}</p>`,
    `<p>To repeat it:</p><pre><code>${escaped(command)}</code></pre>`,
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<main>
${parts.filter((part) => part !== "").join("\n")}
</main>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #8884; padding: .25rem .75rem .25rem 0; text-align: left; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
td.figure { white-space: nowrap; }
.wide td:first-child { min-width: 9rem; }
.facts th { font-weight: normal; opacity: .75; }
.wide { overflow-x: auto; }
figure { margin: 1.5rem 0; background: #fff; border-radius: 6px; color: #222; }
figure svg { max-width: 100%; height: auto; }
figcaption { padding: 0 1rem .75rem; }
pre { background: #8882; padding: .75rem; border-radius: 6px; overflow-x: auto; }
`;

async function drawChart(chart: Chart): Promise<string> {
  const [core, charts, components, renderers] = await Promise.all([
    import("echarts/core"),
    import("echarts/charts"),
    import("echarts/components"),
    import("echarts/renderers"),
  ]);
  const { GridComponent, LegendComponent } = components;
  core.use([charts.BarChart, charts.LineChart, GridComponent, LegendComponent, renderers.SVGRenderer]);
  const drawn = core.init(null, null, { renderer: "svg", ssr: true, ...CHART });
  const hasNames = chart.series.some(({ points }) => typeof points[0]?.[0] === "string");
  drawn.setOption({
    animation: false,
    grid: { left: 64, right: 24, top: 32, bottom: 56 },
    ...(chart.series.length > 1 ? { legend: { top: 0 } } : {}),
    xAxis: {
      type: hasNames ? "category" : "value",
      name: chart.x,
      nameLocation: "middle",
      nameGap: 32,
      min: hasNames ? undefined : "dataMin",
    },
    yAxis: { type: "value", name: chart.y },
    series: chart.series.map(({ name, points }) => ({
      type: chart.kind,
      name,
      data: points.map((point) => [...point]),
    })),
  });
  const svg = drawn.renderToSVGString();
  drawn.dispose();
  return svg;
}

function factList(facts: Report["facts"]): string {
  const rows = facts.map(
    ({ name, value }) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return `<table class="facts"><tbody>${rows.join("")}</tbody></table>`;
}

function htmlTable(table: ReportTable): string {
  const { columns, rows } = table;
  const areFigures = figureColumns(table);
  const cell = (tag: "th" | "td", text: string, i: number) =>
    `<${tag}${areFigures[i] === true ? ' class="figure"' : ""}>${escaped(text)}</${tag}>`;
  const head = columns.map((name, i) => cell("th", name, i)).join("");
  const body = rows.map((row) => `<tr>${row.map((text, i) => cell("td", text, i)).join("")}</tr>`).join("");
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
