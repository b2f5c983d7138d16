import type { SESSION_OPERATIONS } from "../../src/sessions/operations.ts";

/** What is sent to an operation and what comes back beside `status`, for a session of `grades.yml`. */
interface OperationExample {
  readonly request: object;
  readonly answer: object;
}

const NOTHING = {};

/** One of each operation, in an order in which they can be run one after the other. */
export const OPERATION_EXAMPLES: Readonly<Record<keyof typeof SESSION_OPERATIONS, OperationExample>> = {
  set_index: { request: { index: "ann" }, answer: NOTHING },
  get_index: { request: NOTHING, answer: { index: "ann" } },
  set_column: { request: { column: "grade" }, answer: NOTHING },
  get_column: { request: NOTHING, answer: { column: "grade" } },
  set_value: { request: { value: "good" }, answer: NOTHING },
  get_value: { request: NOTHING, answer: { value: "good" } },
  get_value_at: { request: { index: "bob", column: "age" }, answer: { value: 45 } },
  set_value_at: { request: { index: "bob", column: "grade", value: "fair" }, answer: NOTHING },
  get_shape: { request: NOTHING, answer: { shape: [2, 4] } },
  get_columns: { request: NOTHING, answer: { columns: ["age", "grade", "visit", "mark"] } },
  get_indices: { request: NOTHING, answer: { indices: ["ann", "bob"] } },
  get_input_columns: { request: NOTHING, answer: { columns: ["age"] } },
  get_output_columns: { request: NOTHING, answer: { columns: ["grade", "visit", "mark"] } },
  get_series_columns: { request: NOTHING, answer: { columns: ["visit", "mark"] } },
  get_column_type: { request: { column: "grade" }, answer: { column_type: "output" } },
  set_selector: { request: { column: "visit" }, answer: NOTHING },
  get_selector: { request: NOTHING, answer: { selector: "visit" } },
  set_subindex: { request: { value: "spring" }, answer: NOTHING },
  get_subindex: { request: NOTHING, answer: { subindex: "spring" } },
  get_subseries: {
    request: NOTHING,
    answer: {
      subseries: { records: [{ visit: "spring", mark: 3 }], shape: [1, 2] },
    },
  },
};
