import { HearthError } from "../../errors.ts";
import { columnFromCells } from "../infer-column.ts";
import { collect, concatTables, streamOf, tableBehind } from "../columns.ts";
import { selectWithGaps } from "../gaps.ts";
import { didYouMean, listNames } from "../nearest.ts";
import { type JoinKind, joinKeys, joinRows, sideBySide, sortedByKey } from "../join-tables.ts";
import { kindOf } from "../records.ts";
import { checkSource } from "../source-check.ts";
import type { DataSource, ReadContext, Reader } from "../source.ts";
import { cellOf } from "../table-rows.ts";
import type { Cell, Column, Table } from "../table.ts";

/** A reader over other sources: their tables are read first, all of them in memory. Never kept, but its parts are. */
function stackReader(
  type: string,
  parameters: readonly string[],
  stack: (source: DataSource, parts: readonly Part[]) => Table,
): Reader {
  return {
    type,
    extensions: [],
    mediaTypes: [],
    readsNoFile: true,
    parameters: ["specifications", ...parameters],
    options: () => undefined,
    async read(source, context) {
      const parts: Part[] = [];
      for (const specification of specificationsOf(source))
        parts.push(await readPart(specification, context));
      return streamOf(stack(source, parts));
    },
  };
}

interface Part {
  readonly specification: DataSource;
  readonly table: Table;
}

function specificationsOf({ type, specifications }: DataSource): readonly DataSource[] {
  if (!Array.isArray(specifications)) {
    throw new HearthError(
      "request-invalid",
      `The data source of type "${type}" needs "specifications", a list of data sources`,
    );
  }
  if (specifications.length === 0) {
    throw new HearthError(
      "request-invalid",
      `The data source of type "${type}" has no data sources in "specifications"`,
    );
  }
  return specifications.map(checkSource);
}

async function readPart(specification: DataSource, { read, memoryLimit }: ReadContext): Promise<Part> {
  const stream = await read(specification);
  return { specification, table: tableBehind(stream) ?? (await collect(stream, memoryLimit)) };
}

const JOINS: readonly JoinKind[] = ["left", "right", "inner", "outer"];

/** Tables side by side, joined by row label or by a column (section 4.4 of the wire contract). */
export const hstackReader = stackReader("hstack", [], (source, [first, ...others]) =>
  others.reduce((left, part) => joined(left, part, textOf(source, "index")), (first as Part).table),
);

function joined(left: Table, { specification, table }: Part, index: string | undefined): Table {
  const how = textOf(specification, "how") ?? "left";
  const kind = JOINS.find((known) => known === how);
  if (kind === undefined) {
    throw new HearthError("request-invalid", `"how" of a stack can't be "${how}"`, {
      hint: `It is one of ${listNames(JOINS)}.`,
    });
  }
  const suffixes = {
    left: textOf(specification, "lsuffix") ?? "",
    right: textOf(specification, "rsuffix") ?? "_right",
  };
  const on = specification["on"] ?? "index";
  if (on !== "index") return joinedOn(namesOf(on), left, table, { kind, suffixes });
  const labelled = withLabels(left, index);
  const right = withLabels(table, textOf(specification, "index"));
  const labels = [labelOf(labelled), labelOf(right)] as const;
  const rows = joinRows(joinKeys([labels[0]], labelled.rows), joinKeys([labels[1]], right.rows), kind);
  const labelAt = ({ left: l, right: r }: typeof rows, place: number): Cell => {
    const row = l[place] as number;
    return row < 0 ? cellOf(labels[1], r[place] as number) : cellOf(labels[0], row);
  };
  const ordered = kind === "outer" ? sortedByKey(rows, (place) => labelAt(rows, place)) : rows;
  const result = sideBySide(labelled, right, ordered, suffixes);
  const cells = Array.from(ordered.left.keys(), (place) => labelAt(ordered, place));
  const label = columnFromCells(index ?? "", cells);
  return index === undefined
    ? { ...result, labels: label }
    : { ...result, columns: [...result.columns, label] };
}

interface JoinWay {
  readonly kind: JoinKind;
  readonly suffixes: { readonly left: string; readonly right: string };
}

/** A merge: the key stands once, at its place on the left. */
function joinedOn(on: readonly string[], left: Table, right: Table, { kind, suffixes }: JoinWay): Table {
  const keysOf = (table: Table) => on.map((name) => columnNamed(table, name));
  const [leftKeys, rightKeys] = [keysOf(left), keysOf(right)];
  const rows = joinRows(joinKeys(leftKeys, left.rows), joinKeys(rightKeys, right.rows), kind);
  const keyAt = (i: number, { left: l, right: r }: typeof rows, place: number): Cell => {
    const row = l[place] as number;
    return row < 0 ? cellOf(rightKeys[i] as Column, r[place] as number) : cellOf(leftKeys[i] as Column, row);
  };
  const ordered = kind === "outer" ? sortedByKey(rows, (place) => keyAt(0, rows, place)) : rows;
  const others = { rows: right.rows, columns: right.columns.filter((column) => !rightKeys.includes(column)) };
  const result = sideBySide(left, others, ordered, suffixes);
  const columns = result.columns.map((column) => {
    const i = on.indexOf(String(column.name));
    if (i < 0 || !ordered.left.some((row) => row < 0)) return column;
    return columnFromCells(
      column.name,
      Array.from(ordered.left.keys(), (place) => keyAt(i, ordered, place)),
    );
  });
  return { rows: result.rows, columns };
}

/** The named column becomes the labels and is no data any more. */
function withLabels(table: Table, index: string | undefined): Table {
  if (index === undefined) return table;
  const labels = columnNamed(table, index);
  return { rows: table.rows, columns: table.columns.filter((column) => column !== labels), labels };
}

function labelOf({ labels, rows }: Table): Column {
  return (
    labels ??
    columnFromCells(
      "",
      Array.from({ length: rows }, (_, row) => row),
    )
  );
}

function columnNamed({ columns }: Table, name: string): Column {
  const column = columns.find((candidate) => String(candidate.name) === name);
  if (column !== undefined) return column;
  const known = columns.map((candidate) => String(candidate.name));
  throw new HearthError("column-unknown", `A part of the stack has no column "${name}"`, {
    hint: didYouMean(name, known),
  });
}

function namesOf(on: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(on) ? on : [on];
  if (names.every((name) => typeof name === "string")) return names as string[];
  throw new HearthError(
    "request-invalid",
    `"on" of a stack is a column's name or a list of them, not ${kindOf(on)}`,
  );
}

function textOf(source: DataSource, name: string): string | undefined {
  const value = source[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw new HearthError("request-invalid", `"${name}" of a stack is a text, not ${kindOf(value)}`);
}

/** Rows one below the other; columns united in order of appearance, with gaps. */
export const vstackReader = stackReader("vstack", ["reset_index"], (_, parts) => {
  const tables = parts.map(({ table }) => table);
  const names = [...new Set(tables.flatMap(({ columns }) => columns.map(({ name }) => String(name))))];
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return { rows, columns: names.map((name) => below(name, tables)) };
});

function below(name: string, tables: readonly Table[]): Column {
  const found = tables.map((table) => table.columns.find((column) => String(column.name) === name));
  const present = found.filter((column) => column !== undefined);
  const [first] = present;
  const head = { name: first?.name ?? name, dtype: first?.dtype ?? "object" } as const;
  if (present.length === tables.length && present.every(({ dtype }) => dtype === head.dtype)) {
    const parts = present.map((column) => ({ rows: column.length, columns: [column] }));
    return concatTables([head], parts).columns[0] as Column;
  }
  const cells = found.flatMap((column, i) =>
    Array.from({ length: (tables[i] as Table).rows }, (_, row) =>
      column === undefined ? undefined : cellOf(column, row),
    ),
  );
  return columnFromCells(head.name, cells);
}

/** One row of several: a later part's column takes the place of an earlier one. */
export const rowStackReader = stackReader("stack", [], (_, parts) => {
  const columns = new Map<string, Column>();
  for (const { table } of parts) {
    if (table.rows !== 1) {
      throw new HearthError("data-invalid", `Each part of a stack has one row; one has ${table.rows}`);
    }
    for (const column of table.columns) columns.set(String(column.name), column);
  }
  return { rows: 1, columns: [...columns.values()] };
});

/** One row for each distinct value of `index`; the other columns hold the lists of its values. */
export const seriesReader: Reader = {
  type: "series",
  extensions: [],
  mediaTypes: [],
  readsNoFile: true,
  parameters: ["specifications"],
  options: () => undefined,
  async read(source, context) {
    const index = textOf(source, "index");
    if (index === undefined) {
      throw new HearthError(
        "request-invalid",
        'The data source of type "series" needs "index", a column\'s name',
      );
    }
    const { table } = await readPart(checkSource(source["specifications"]), context);
    return streamOf(inSeries(table, columnNamed(table, index)));
  },
};

function inSeries(table: Table, label: Column): Table {
  const groups = new Map<string, number[]>();
  for (const [row, key] of joinKeys([label], table.rows).entries()) {
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [row]);
    else known.push(row);
  }
  const rows = [...groups.values()];
  const firsts = rows.map(([first]) => first as number);
  const others = table.columns
    .filter((column) => column !== label)
    .map((column): Column => {
      const values = rows.map((group) => group.map((row) => cellOf(column, row)));
      return { kind: "mixed", dtype: "object", name: column.name, length: rows.length, values };
    });
  const labels = selectWithGaps(label, firsts);
  return { rows: rows.length, columns: [asObject(labels), ...others] };
}

/** The labels stand in a frame of objects. */
function asObject(column: Column): Column {
  if (column.dtype === "object") return column;
  const values = Array.from({ length: column.length }, (_, row) => cellOf(column, row));
  return { kind: "mixed", dtype: "object", name: column.name, length: column.length, values };
}
