import { parser } from "@prometheus-io/lezer-promql";

/** A query as a dashboard's panel or variable asks it. */
export interface Query {
  readonly expression: string;
  /** Names of the series that it selects. */
  readonly series: readonly string[];
  /** Names of the labels that it selects or groups by. */
  readonly labels: readonly string[];
  /** What Prometheus' own grammar can't read of it. */
  readonly faults: readonly string[];
}

interface Panel {
  readonly targets?: readonly { readonly expr: string }[];
  readonly panels?: readonly Panel[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

/** All queries of a Grafana dashboard, read by Prometheus' grammar. */
export function queriesOf(json: string): readonly Query[] {
  const { panels, templating } = JSON.parse(json) as Dashboard;
  const ofPanel = (panel: Panel): readonly string[] => [
    ...(panel.targets ?? []).map(({ expr }) => expr),
    ...(panel.panels ?? []).flatMap(ofPanel),
  ];
  // `label_values(SELECTOR, LABEL)` is Grafana's own.
  const ofVariables = templating.list.flatMap(({ definition }) => {
    const selector =
      definition === undefined ? undefined : /^label_values\((.+), \w+\)$/.exec(definition)?.[1];
    return selector ?? [];
  });
  return [...panels.flatMap(ofPanel), ...ofVariables].map(readQuery);
}

function readQuery(expression: string): Query {
  const text = expression.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "1h");
  const series: string[] = [];
  const labels: string[] = [];
  const faults: string[] = [];
  parser.parse(text).iterate({
    enter({ from, name, to, type }) {
      const word = text.slice(from, to);
      if (type.isError) faults.push(text.slice(from));
      if (name === "Identifier" || name === "MetricIdentifier") series.push(word);
      if (name === "LabelName") labels.push(word);
    },
  });
  return { expression, series: [...new Set(series)], labels: [...new Set(labels)], faults };
}
