import { useMemo, useState } from "preact/hooks";
import { ColumnSummary } from "../data/column-summary.tsx";
import { Files } from "../data/files.tsx";
import { Grid } from "../data/grid.tsx";
import { writtenSql } from "../../written-sql.ts";
import { type Column, download, run } from "../data/query.ts";
import { type Query, sqlOf, writtenOf } from "../data/sql-of.ts";
import { SessionView, Sessions } from "../data/sessions.tsx";
import { count } from "../format.ts";
import { Empty, Failure, Panel, useAnswer } from "../parts/common.tsx";
import { save } from "../parts/save.ts";
import { go, hrefOf, useRoute } from "../router.ts";

/** Files below the roots, each as a table with filter, SQL and columns; and sessions. */
export function DataView() {
  const { params } = useRoute();
  const file = params.get("file");
  const session = params.get("session");
  if (session !== null) return <SessionView key={session} id={session} />;
  if (file !== null) return <FileView key={file} file={file} />;
  const folder = params.get("folder") ?? "";
  return (
    <>
      <Files key={folder} directory={folder} isFallback={false} />
      {folder === "" ? <Sessions /> : null}
    </>
  );
}

interface Shape {
  readonly columns: readonly Column[];
  readonly rows: number;
}

/** The columns and the number of rows of a query. */
async function shapeOf(query: Query, signal: AbortSignal): Promise<Shape> {
  const rows = writtenOf({ ...query, order: undefined });
  const [columns, [total]] = await Promise.all([
    run(query.filename, writtenSql("describe ", rows), signal).then((found) =>
      found.rows.map(({ column_name, column_type }) => ({
        name: String(column_name),
        type: String(column_type),
      })),
    ),
    run(query.filename, writtenSql("select count(*) as rows from (", rows, ")"), signal).then(
      (found) => found.rows,
    ),
  ]);
  return { columns, rows: Number(total?.["rows"] ?? 0) };
}

function FileView({ file }: { file: string }) {
  const { params } = useRoute();
  const tab = params.get("tab") ?? "rows";
  const sql = params.get("sql") ?? undefined;
  const filter = params.get("filter") ?? "";
  const [order, setOrder] = useState<Query["order"]>(undefined);
  const query = useMemo((): Query => ({ filename: file, sql, filter, order }), [file, sql, filter, order]);
  const shape = useAnswer(`${sql ?? ""}\n${filter}`, (signal) => shapeOf(query, signal));
  const change = (changed: Readonly<Record<string, string | undefined>>) => {
    const now = { file, tab, sql, filter };
    go(hrefOf("data", "", { ...now, ...changed }), true);
  };
  const runSql = (text: string | undefined) => {
    setOrder(undefined); // it may have other columns
    change({ sql: text, filter: undefined });
  };
  const sortBy = (column: string) => {
    if (order?.column !== column) setOrder({ column, isDown: false });
    else setOrder(order.isDown ? undefined : { column, isDown: true });
  };
  const { answer } = shape;
  return (
    <>
      <Panel title={file} actions={<Download query={query} />}>
        <p>
          <a href={hrefOf("data", "", { folder: file.replace(/\/[^/]*$/, "") })}>Its folder</a>
          {answer === undefined
            ? null
            : ` · ${count(answer.rows)} rows, ${count(answer.columns.length)} columns`}
        </p>
        <FilterForm key={filter} filter={filter} onFilter={(text) => change({ filter: text })} />
        <SqlForm key={sql ?? ""} sql={sql} onRun={runSql} />
        <Failure error={shape.error} />
        <div class="tabs" role="tablist" aria-label="How the file is shown">
          {["rows", "columns"].map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={tab === name ? "true" : "false"}
              onClick={() => change({ tab: name })}
            >
              {name === "rows" ? "Rows" : "Columns"}
            </button>
          ))}
        </div>
        {answer === undefined ? (
          <Empty>{shape.isAsking ? "Reading…" : ""}</Empty>
        ) : tab === "columns" ? (
          <div class="summaries">
            {answer.columns.map((column) => (
              <ColumnSummary key={column.name} query={query} column={column} />
            ))}
          </div>
        ) : (
          <Grid
            key={sqlOf(query)}
            query={query}
            columns={answer.columns}
            rows={answer.rows}
            onSort={sortBy}
          />
        )}
      </Panel>
    </>
  );
}

function FilterForm({ filter, onFilter }: { filter: string; onFilter: (text: string) => void }) {
  const [text, setText] = useState(filter);
  const apply = (event: Event) => {
    event.preventDefault();
    onFilter(text);
  };
  return (
    <form class="line" onSubmit={apply}>
      <label class="wide">
        Only rows where{" "}
        <input
          type="search"
          placeholder="population > 1000000 and country like 'J%'"
          value={text}
          onInput={(event: Event) => setText((event.target as HTMLInputElement).value)}
        />
      </label>
      <button type="submit">Filter</button>
    </form>
  );
}

function SqlForm({ sql, onRun }: { sql: string | undefined; onRun: (text: string | undefined) => void }) {
  const [text, setText] = useState(sql ?? "select * from data");
  const apply = (event: Event) => {
    event.preventDefault();
    onRun(text.trim() === "" || text.trim() === "select * from data" ? undefined : text);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) apply(event);
  };
  return (
    <details open={sql !== undefined}>
      <summary>SQL</summary>
      <form class="line" onSubmit={apply}>
        <textarea
          aria-label="SQL over the file, which is the table data"
          rows={3}
          spellcheck={false}
          value={text}
          onInput={(event: Event) => setText((event.target as HTMLTextAreaElement).value)}
          onKeyDown={onKey}
        />
        <button type="submit" title="Ctrl+Enter">
          Run
        </button>
        {sql === undefined ? null : (
          <button type="button" onClick={() => onRun(undefined)}>
            All rows
          </button>
        )}
      </form>
    </details>
  );
}

const FORMATS = { csv: "CSV", json: "JSON", parquet: "Parquet" } as const;

function Download({ query }: { query: Query }) {
  const [state, setState] = useState<{ isBusy: boolean; error?: unknown }>({ isBusy: false });
  const get = (format: keyof typeof FORMATS) => async () => {
    setState({ isBusy: true });
    try {
      // Lines of JSON: an answer's own JSON has more around its records.
      const content = await download(query.filename, writtenOf(query), format === "json" ? "ndjson" : format);
      const name =
        query.filename
          .split("/")
          .at(-1)
          ?.replace(/\.\w+$/, "") ?? "data";
      save(format === "json" ? new Blob([await asArray(content)]) : content, `${name}.${format}`);
      setState({ isBusy: false });
    } catch (error) {
      setState({ isBusy: false, error });
    }
  };
  return (
    <>
      {Object.entries(FORMATS).map(([format, name]) => (
        <button
          key={format}
          type="button"
          disabled={state.isBusy}
          onClick={get(format as keyof typeof FORMATS)}
        >
          {name}
        </button>
      ))}
      <Failure error={state.error} />
    </>
  );
}

/** Lines of JSON as one array. */
async function asArray(lines: Blob): Promise<string> {
  const text = (await lines.text()).trimEnd();
  return text === "" ? "[]\n" : `[${text.replaceAll("\n", ",\n")}]\n`;
}
