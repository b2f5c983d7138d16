import type { OperationFacts } from "../../client/answers.ts";

/** A column of dates, for functions that need one. */
const TODAY = '"precompute": [{"function": "today", "field": "date"}]';
const YEAR =
  '"precompute": [{"function": "today", "field": "year", "args": {"format": "%Y"}}, {"function": "convert_int", "args": {"columns": ["year"]}}]';
const TERM =
  '"precompute": [{"function": "today", "field": "start"}, {"function": "today", "field": "end"}, {"function": "convert_datetime", "args": {"columns": ["start", "end"]}}]';

/** What follows the operation's name and `cities.csv`, a table with city, country, continent and population. */
const EXAMPLES: Readonly<Record<string, string>> = {
  sql: '--query "select continent, count(*) as n from data group by continent"',
  filter: '--where "population > 2e7"',
  sort: "--by population --descending",
  select: "--columns city,population",
  add: '--column millions="population / 1e6"',
  aggregate: '--by continent --measure total="sum(population)"',
  join: "--source other=cities.csv --with other --on city",
  describe: "",
  render_liquid: params(
    '"field": "label", "args": {"template": "{{ city | upcase }} in {{ country }}"}, "row_args": {"city": "city", "country": "country"}',
  ),
  today: params('"field": "read_on", "args": {"format": "%d %B %Y"}'),
  convert_datetime: params(`${TODAY}, "args": {"columns": ["date"]}`),
  convert_int: params('"args": {"columns": ["population"]}'),
  convert_string: params('"args": {"columns": ["population"]}'),
  convert_year_iso: params(`${YEAR}, "args": {"column": "year", "month": 7}`),
  addmonth: params(`${TODAY}, "field": "month", "args": {"source": "date"}`),
  addyear: params(`${TODAY}, "field": "year", "args": {"source": "date"}`),
  augmentmonth: params(
    `"precompute": [{"function": "today", "field": "date"}, {"function": "addmonth", "field": "month"}], "field": "month"`,
  ),
  augmentyear: params(
    `"precompute": [{"function": "today", "field": "date"}, {"function": "addyear", "field": "year"}], "field": "year"`,
  ),
  augmentcurrency: params('"field": "shown", "args": {"source": "population"}'),
  fillna: params('"field": "country", "args": {"column": "country", "value": "unknown"}'),
  ascending: params('"args": {"by": ["continent", "city"]}'),
  descending: params('"args": {"by": "population"}'),
  recent: params(`${YEAR}, "args": {"column": "year", "since_year": 2020}`),
  current: params(`${TERM}, "args": {"start": "start", "end": "end"}`),
  former: params(`${TERM}, "args": {"end": "end"}`),
  onbool: params(
    '"precompute": [{"function": "columnis", "field": "asian", "args": {"column": "continent", "value": "Asia"}}], "args": {"column": "asian"}',
  ),
  columnis: params('"args": {"column": "continent", "value": "Asia"}'),
  columncontains: params('"args": {"column": "city", "value": "New"}'),
};

/** A command line that runs an operation; of a function of somebody's own, with its arguments still to be filled in. */
export function exampleOf({ name, kind, arguments: own }: OperationFacts): string {
  const known = Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name] : undefined;
  if (known !== undefined) return `hearth compute ${name} cities.csv ${known}`.trimEnd();
  const named = Object.fromEntries(Object.keys(own ?? {}).map((argument) => [argument, "COLUMN"]));
  const given =
    kind === "row function"
      ? `"field": "${name}", "row_args": ${JSON.stringify(named)}`
      : `"args": ${JSON.stringify(named)}`;
  return `hearth compute ${name} FILE ${params(given)}`;
}

function params(members: string): string {
  return `--params '{${members}}'`;
}
