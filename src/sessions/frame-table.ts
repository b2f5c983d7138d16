import { columnFromCells } from "../data/infer-column.ts";
import type { Cell, Table } from "../data/table.ts";
import type { SessionFrame } from "./frame.ts";
import { labelKey } from "./label.ts";
import type { Part, RowPart, SeriesPart } from "./parts.ts";

/** The joined frame as a table: the index, then all columns; a label stands once for each row of its series. */
export function frameTable(frame: SessionFrame): Table {
  const rows = frame.indices.flatMap((index) => rowsOf(frame, index));
  const index = columnFromCells(
    frame.indexName,
    rows.map((row) => row.index),
  );
  const columns = frame.columns.map((name) =>
    columnFromCells(
      name,
      rows.map((row) => cellOf(frame.partOf(name) as Part, name, row)),
    ),
  );
  return { rows: rows.length, columns: [index, ...columns] };
}

/** The rows of one section, its own index first; for `rows` and `series` alone. */
export function partTable(part: RowPart | SeriesPart, indexName: string, labels: Iterable<Cell>): Table {
  const rows = [...labels].flatMap((index): readonly FrameRow[] =>
    part.kind === "rows"
      ? [{ index, series: NONE }]
      : part
          .rowsOf(labelKey(index))
          .filter((row) => !part.isBlank(row))
          .map((row) => ({ index, series: new Map([[part, row]]) })),
  );
  const index = columnFromCells(
    indexName,
    rows.map((row) => row.index),
  );
  const columns = part.columns.map((name) =>
    columnFromCells(
      name,
      rows.map((row) => cellOf(part, name, row)),
    ),
  );
  return { rows: rows.length, columns: [index, ...columns] };
}

interface FrameRow {
  readonly index: Cell;
  /** Row by series. */
  readonly series: ReadonlyMap<SeriesPart, number>;
}

const NONE: ReadonlyMap<SeriesPart, number> = new Map();

function rowsOf(frame: SessionFrame, index: Cell): readonly FrameRow[] {
  const combinations = frame.seriesCombinations(index);
  return combinations.length === 0
    ? [{ index, series: NONE }]
    : combinations.map((series) => ({ index, series }));
}

function cellOf(part: Part, column: string, { index, series }: FrameRow): Cell {
  if (part.kind === "parameters") return part.value(column);
  if (part.kind === "rows") return part.cell(column, labelKey(index));
  const row = series.get(part);
  return row === undefined ? null : part.cellAt(column, row);
}
