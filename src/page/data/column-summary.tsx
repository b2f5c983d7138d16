import { cellText, type Column, kindOf, run, type Value } from "./query.ts";
import { type Query, quoted, sqlOf, writtenOf } from "./sql-of.ts";
import { writtenSql } from "../../written-sql.ts";
import { count, exactly, figure } from "../format.ts";
import { Failure, useAnswer } from "../parts/common.tsx";

const BINS = 24;
const MOST_VALUES = 8;

interface Summary {
  readonly rows: number;
  readonly nulls: number;
  readonly distinct: number;
  readonly facts: readonly (readonly [string, Value])[];
  readonly bars: readonly { readonly label: string; readonly count: number }[];
}

/** A column: its type, how many values, and how they are distributed. */
export function ColumnSummary({ query, column }: { query: Query; column: Column }) {
  const { answer, error } = useAnswer(`${sqlOf(query)} ${column.name}`, (signal) =>
    summarize(query, column, signal),
  );
  const most = Math.max(1, ...(answer?.bars ?? []).map((bar) => bar.count));
  const isTall = kindOf(column) !== "other";
  return (
    <section class="column" aria-label={`Column ${column.name}`}>
      <h3>
        {column.name} <small>{column.type.toLowerCase()}</small>
      </h3>
      <Failure error={error} />
      {answer === undefined ? (
        <p class="empty">{error === undefined ? "Counting…" : ""}</p>
      ) : (
        <>
          <div class={isTall ? "bars" : "bars flat"} role="img" aria-label={`Distribution of ${column.name}`}>
            {answer.bars.map((bar, index) => (
              <span key={index} title={`${bar.label}: ${count(bar.count)}`}>
                {isTall ? null : <em>{bar.label}</em>}
                <i style={{ [isTall ? "height" : "width"]: `${(bar.count / most) * 100}%` }} />
              </span>
            ))}
          </div>
          <dl class="facts">
            <div>
              <dt>values</dt>
              <dd>
                {count(answer.rows - answer.nulls)}, {count(answer.distinct)} different
              </dd>
            </div>
            <div>
              <dt>empty</dt>
              <dd>
                {answer.nulls === 0
                  ? "none"
                  : `${count(answer.nulls)} (${figure((answer.nulls / answer.rows) * 100)} %)`}
              </dd>
            </div>
            {answer.facts.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{typeof value === "number" ? exactly(value) : cellText(value)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}

async function summarize(query: Query, column: Column, signal: AbortSignal): Promise<Summary> {
  const name = quoted(column.name);
  const kind = kindOf(column);
  const ask = async (sql: string) =>
    (await run(query.filename, writtenSql("with chosen as (", writtenOf(query), `) ${sql}`), signal)).rows;
  const [whole] = await ask(
    `select count(*) as rows, count(*) - count(${name}) as nulls, count(distinct ${name}) as distinct` +
      (kind === "other" ? "" : `, min(${name}) as least, max(${name}) as most`) +
      (kind === "number"
        ? `, avg(${name}) as mean, median(${name}) as middle, stddev(${name}) as spread`
        : "") +
      " from chosen",
  );
  const { distinct, least, mean, middle, most, nulls, rows, spread } = whole as Record<string, Value>;
  const facts =
    kind === "other"
      ? []
      : ([
          ["least", least],
          ["most", most],
          ...(kind === "number"
            ? [
                ["mean", mean],
                ["median", middle],
                ["spread", spread],
              ]
            : []),
        ] as [string, Value][]);
  const bars =
    kind === "other"
      ? await frequent(ask, name)
      : await binned(ask, kind === "time" ? `epoch(${name})` : name, kind);
  return {
    rows: Number(rows),
    nulls: Number(nulls),
    distinct: Math.min(Number(distinct), Number(rows) - Number(nulls)),
    facts,
    bars,
  };
}

type Ask = (sql: string) => Promise<readonly Readonly<Record<string, Value>>[]>;

/** The values that occur most. */
async function frequent(ask: Ask, name: string): Promise<Summary["bars"]> {
  const found = await ask(
    `select ${name} as value, count(*) as times from chosen where ${name} is not null group by 1 order by 2 desc, 1 limit ${MOST_VALUES}`,
  );
  return found.map(({ times, value }) => ({ label: cellText(value), count: Number(times) }));
}

/** How many values lie in each of the ranges of equal width. */
async function binned(ask: Ask, value: string, kind: "number" | "time"): Promise<Summary["bars"]> {
  const found = await ask(
    `, bounds as (select min(${value})::double as low, max(${value})::double as high from chosen where isfinite(${value}::double))
     select least(floor((${value}::double - low) / nullif(high - low, 0) * ${BINS}), ${BINS - 1})::int as bin, count(*) as times, any_value(low) as low, any_value(high) as high
     from chosen, bounds where isfinite(${value}::double) group by 1 order by 1`,
  );
  const [{ high, low } = { high: 0, low: 0 }] = found as { high: number; low: number }[];
  const width = (high - low) / BINS;
  const text = (place: number) =>
    kind === "time" ? new Date(place * 1000).toISOString().slice(0, 16) : figure(place);
  const byBin = new Map(found.map(({ bin, times }) => [Number(bin ?? 0), Number(times)]));
  return Array.from({ length: width === 0 ? 1 : BINS }, (_, bin) => ({
    label: `${text(low + bin * width)} to ${text(low + (bin + 1) * width)}`,
    count: byBin.get(bin) ?? 0,
  }));
}
