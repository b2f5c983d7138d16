import { type CellObject, isCellObject } from "../data/json-keys.ts";
import { listNames } from "../nearest.ts";
import { kindOf } from "../data/records.ts";
import { pythonStr } from "../data/python-text.ts";
import { type Cell, WholeFloat } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { liquidValue, type LiquidRenderer } from "./liquid.ts";
import type { Row } from "./row.ts";

/** What a view needs beside the row. */
export interface ViewContext {
  readonly liquid: LiquidRenderer;
  /** Runs a `compute` entry for its value. */
  readonly compute: (entry: CellObject, row: Row) => Cell;
}

type ViewKind = (value: Cell, row: Row, context: ViewContext) => Cell;

const KINDS: Readonly<Record<string, ViewKind>> = {
  liquid: (template, row, { liquid }) => rendered(textIn("liquid", template), row.variables(), liquid),
  display: (format, row) => displayed(textIn("display", format), row.variables()),
  field: (column, row) => row.cell(textIn("field", column)) ?? null,
  list: (views, row, context) => listIn("list", views).map((view) => viewOf(view, row, context)),
  join: (join, row, context) => joined(join, row, context),
  compute: (entry, row, { compute }) => compute(objectIn("compute", entry), row),
  tally: (tally, row, context) => tallied(tally, row, context),
};

const DEFAULT_SEPARATOR = "\n\n";

/**
 * What a view makes of a row (section 8.3 of the wire contract); null where one of its conditions fails. Throws
 * `request-invalid` for a view of no kind, `column-unknown` for a name that the row has not.
 */
export function viewOf(view: Cell, row: Row, context: ViewContext): Cell {
  const { conditions = null, ...rest } = objectIn("view", view);
  if (conditions !== null && !listIn("conditions", conditions).every((condition) => holds(condition, row)))
    return null;
  const kind = Object.keys(KINDS).find((name) => Object.hasOwn(rest, name));
  if (kind !== undefined) return (KINDS[kind] as ViewKind)(rest[kind] as Cell, row, context);
  throw invalid(`A view has one of ${listNames(Object.keys(KINDS))}`);
}

function rendered(template: string, variables: CellObject, liquid: LiquidRenderer): string {
  const values = Object.entries(variables).map(([name, cell]) => [name, liquidValue(cell)]);
  return liquid.render(template, Object.fromEntries(values) as Record<string, unknown>);
}

/** Python's `format` with names only: `{name}`; `{{` and `}}` are braces. */
function displayed(format: string, variables: CellObject): string {
  return format.replaceAll(/\{\{|\}\}|\{([^{}]*)\}/g, (written, name?: string) => {
    if (name === undefined) return written.charAt(0);
    if (Object.hasOwn(variables, name)) return pythonStr(variables[name] as Cell);
    throw new HearthError("column-unknown", `"display" names "${name}", which this row has not`, {
      hint: `It has ${listNames(Object.keys(variables))}.`,
    });
  });
}

function joined(join: Cell, row: Row, context: ViewContext): string {
  const { list = null, separator = DEFAULT_SEPARATOR } = objectIn("join", join);
  const parts = listIn("join.list", list).map((view) => viewOf(view, row, context));
  const texts = parts.filter((part) => part !== null).map((part) => pythonStr(part));
  return texts.join(textIn("join.separator", separator));
}

/** The text of a view over each row of the series, one behind the other. */
function tallied(tally: Cell, row: Row, context: ViewContext): string {
  const { begin = "", end = "", separator = "", ...view } = objectIn("tally", tally);
  const texts = row.seriesRows().map((cells) => viewOf(view, overSeries(row, cells), context));
  const body = texts.filter((text) => text !== null).map((text) => pythonStr(text));
  return `${textIn("tally.begin", begin)}${body.join(textIn("tally.separator", separator))}${textIn("tally.end", end)}`;
}

function overSeries(row: Row, cells: CellObject): Row {
  return {
    ...row,
    cell: (column) => (Object.hasOwn(cells, column) ? cells[column] : row.cell(column)),
    variables: () => ({ ...row.variables(), ...cells }),
  };
}

function holds(condition: Cell, row: Row): boolean {
  const { present = null, equal = null } = objectIn("conditions", condition);
  if (present !== null) {
    const cell = row.cell(textIn("present.field", objectIn("present", present)["field"] ?? null)) ?? null;
    return cell !== null && cell !== "";
  }
  if (equal === null)
    throw invalid('A condition is {"present": {"field": ...}} or {"equal": {"field": ..., "value": ...}}');
  const { field = null, value = null } = objectIn("equal", equal);
  return plain(row.cell(textIn("equal.field", field)) ?? null) === plain(value);
}

function plain(cell: Cell): Cell {
  return cell instanceof WholeFloat ? cell.value : cell;
}

function textIn(name: string, value: Cell): string {
  if (typeof value === "string") return value;
  throw invalid(`"${name}" of a view is a text, not ${kindOf(value)}`);
}

function listIn(name: string, value: Cell): readonly Cell[] {
  if (Array.isArray(value)) return value as readonly Cell[];
  throw invalid(`"${name}" of a view is a list, not ${kindOf(value)}`);
}

function objectIn(name: string, value: Cell): CellObject {
  if (isCellObject(value)) return value;
  throw invalid(`"${name}" is an object, not ${kindOf(value)}`);
}

function invalid(message: string): HearthError {
  return new HearthError("request-invalid", message);
}
