import type { CellObject } from "../data/json-keys.ts";
import { didYouMean } from "../nearest.ts";
import { kindOf } from "../data/records.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { Session } from "./session.ts";

/** One operation of a session: what it needs, and its answer beside `status`. */
export interface SessionOperation {
  readonly summary: string;
  /** Names of the parameters, all of them required. */
  readonly parameters: readonly string[];
  run(session: Session, params: CellObject): { readonly [key: string]: Cell };
}

const NOTHING = {};

/** The operations of section 5 of the wire contract, by name. */
export const SESSION_OPERATIONS = {
  set_index: {
    summary: "Look at the row of this label",
    parameters: ["index"],
    run: (session, { index }) => moved(session, { index: index as Cell }),
  },
  get_index: {
    summary: "The label of the row that is looked at",
    parameters: [],
    run: ({ focus }) => ({ index: focus.index }),
  },
  set_column: {
    summary: "Look at this column; the index's name is one too",
    parameters: ["column"],
    run: (session, params) => moved(session, { column: textIn(params, "column") }),
  },
  get_column: {
    summary: "The column that is looked at",
    parameters: [],
    run: ({ focus }) => ({ column: focus.column }),
  },
  get_value: {
    summary: "The value that is looked at",
    parameters: [],
    run: (session) => ({ value: session.read() }),
  },
  set_value: {
    summary: "Write the value that is looked at; null clears it",
    parameters: ["value"],
    run(session, { value }) {
      session.write(value as Cell);
      return NOTHING;
    },
  },
  get_value_at: {
    summary: "The value in a row and column; where the session looks stays",
    parameters: ["index", "column"],
    run(session, params) {
      return { value: session.read({ index: params["index"] as Cell, column: textIn(params, "column") }) };
    },
  },
  set_value_at: {
    summary:
      "Write a value in a row and column, of a series the row of `subindex`; where the session looks stays",
    parameters: ["index", "column", "value"],
    run(session, params) {
      const { index, subindex, value } = params;
      const place = { index: index as Cell, column: textIn(params, "column") };
      session.writeAt(subindex === undefined ? place : { ...place, subindex }, value as Cell);
      return NOTHING;
    },
  },
  get_shape: {
    summary: "Rows and columns of all sections joined",
    parameters: [],
    run: ({ frame }) => ({ shape: frame.shape }),
  },
  get_columns: { summary: "All columns", parameters: [], run: ({ frame }) => ({ columns: frame.columns }) },
  get_indices: {
    summary: "All row labels",
    parameters: [],
    run: ({ frame }) => ({ indices: frame.indices }),
  },
  get_input_columns: {
    summary: "The columns that are only read",
    parameters: [],
    run: (session) => ({ columns: columnsOfKind(session, "input") }),
  },
  get_output_columns: {
    summary: "The columns that are written, series and parameters among them",
    parameters: [],
    run: (session) => ({ columns: columnsOfKind(session, "output") }),
  },
  get_series_columns: {
    summary: "The columns with several values a label",
    parameters: [],
    run: ({ frame }) => ({ columns: frame.seriesColumns }),
  },
  get_column_type: {
    summary: "The interface's section that a column comes from; null for none",
    parameters: ["column"],
    run({ frame }, params) {
      return { column_type: frame.partOf(textIn(params, "column"))?.section.name ?? null };
    },
  },
  set_selector: {
    summary: "The series column that tells the rows of one label apart",
    parameters: ["column"],
    run: (session, params) => moved(session, { selector: textIn(params, "column") }),
  },
  get_selector: {
    summary: "The selector; null without a series",
    parameters: [],
    run: ({ focus }) => ({ selector: focus.selector }),
  },
  set_subindex: {
    summary: "The selector's value in the row of the series that is meant; null for the last row",
    parameters: ["value"],
    run: (session, { value }) => moved(session, { subindex: value as Cell }),
  },
  get_subindex: {
    summary: "The selector's value that is looked at",
    parameters: [],
    run: (session) => ({ subindex: session.subindex() }),
  },
  get_subseries: {
    summary: "All rows of the series of the label that is looked at",
    parameters: [],
    run({ frame, focus }) {
      const records = frame.seriesRowsOf(focus.index);
      return { subseries: { records, shape: [records.length, frame.seriesColumns.length] } };
    },
  },
} as const satisfies Record<string, SessionOperation>;

/** Finds an operation and checks its parameters. Throws `request-invalid`. */
export function sessionOperation(name: string, params: CellObject): SessionOperation {
  if (!Object.hasOwn(SESSION_OPERATIONS, name)) {
    throw new HearthError("request-invalid", `Unknown operation: ${name.slice(0, 60)}`, {
      hint: didYouMean(name, Object.keys(SESSION_OPERATIONS)),
    });
  }
  const operation: SessionOperation = SESSION_OPERATIONS[name as keyof typeof SESSION_OPERATIONS];
  const missing = operation.parameters.filter((parameter) => !Object.hasOwn(params, parameter));
  if (missing.length === 0) return operation;
  const many = missing.length > 1 ? "s" : "";
  throw new HearthError("request-invalid", `Missing required parameter${many}: ${missing.join(", ")}`);
}

function moved(session: Session, to: Parameters<Session["move"]>[0]): typeof NOTHING {
  session.move(to);
  return NOTHING;
}

function columnsOfKind({ frame }: Session, kind: "input" | "output"): readonly string[] {
  return frame.columns.filter((column) => frame.partOf(column)?.section.kind === kind);
}

function textIn(params: CellObject, name: string): string {
  const value = params[name] ?? null;
  if (typeof value === "string") return value;
  throw new HearthError("request-invalid", `"${name}" is a column's name, not ${kindOf(value)}`);
}
