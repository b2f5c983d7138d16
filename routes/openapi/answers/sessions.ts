import * as v from "valibot";
import { amount, count, EpochSeconds, named, said, success, Warnings } from "./parts.ts";
import { Shape } from "./tables.ts";

const Session = v.pipe(
  v.object({
    session_id: v.pipe(v.string(), v.uuid()),
    interface_file: v.string(),
    directory: v.string(),
    interface_field: v.nullable(v.string()),
    shape: Shape,
    columns: v.array(v.string()),
    memory_mb: amount("MiB"),
    created_time: EpochSeconds,
    last_accessed: EpochSeconds,
    timeout: amount("Seconds after the last use when it ends; 0: never"),
    age_seconds: v.number(),
    idle_seconds: amount("Since the last use"),
    made_by: v.optional(said(v.picklist(["owner", "guest"]), "Told to the owner alone")),
  }),
  named("Session"),
);

export const SessionAnswer = success({ session: Session, warnings: Warnings });

export const SessionsAnswer = success({
  sessions: v.array(Session),
  total_sessions: count("Those that the caller may see"),
  total_memory_mb: amount("MiB of these"),
  warnings: Warnings,
});

export const SessionComputeAnswer = success({ cells: count("Cells that got a value"), warnings: Warnings });

export const SessionSaveAnswer = success({
  saved: v.array(
    v.object({
      section: v.string(),
      path: v.string(),
      rows: count("Rows written"),
      bytes: count("Bytes of the file"),
    }),
  ),
  skipped: said(
    v.array(v.object({ section: v.string(), reason: v.string() })),
    "Sections that no file can be written of",
  ),
});

const Names = v.array(v.string());
const Label = said(v.unknown(), "A row's label");

/** What each operation answers beside `status`. */
export const OPERATION_ANSWERS = {
  set_index: {},
  get_index: { index: Label },
  set_column: {},
  get_column: { column: v.nullable(v.string()) },
  get_value: { value: v.unknown() },
  set_value: {},
  get_value_at: { value: v.unknown() },
  set_value_at: {},
  get_shape: { shape: Shape },
  get_columns: { columns: Names },
  get_indices: { indices: v.array(Label) },
  get_input_columns: { columns: Names },
  get_output_columns: { columns: Names },
  get_series_columns: { columns: Names },
  get_column_type: { column_type: v.nullable(v.string()) },
  set_selector: {},
  get_selector: { selector: v.nullable(v.string()) },
  set_subindex: {},
  get_subindex: { subindex: v.unknown() },
  get_subseries: {
    subseries: v.object({ records: v.array(v.record(v.string(), v.unknown())), shape: Shape }),
  },
} as const satisfies Record<string, v.ObjectEntries>;
