import * as v from "valibot";
import type { FaultCode } from "../../src/errors.ts";
import { SESSION_OPERATIONS } from "../../src/sessions/operations.ts";
import {
  needs,
  NewSessionRequest,
  SessionComputeRequest,
  SessionOperationRequest,
  SessionSaveRequest,
} from "../schemas.ts";
import { MessageAnswer, success } from "./answers/parts.ts";
import {
  OPERATION_ANSWERS,
  SessionAnswer,
  SessionComputeAnswer,
  SessionSaveAnswer,
  SessionsAnswer,
} from "./answers/sessions.ts";
import { ReadAnswer } from "./answers/tables.ts";
import { answers, type Described, type DescribedByEndpoint, json, pathText, under } from "./described.ts";
import { FORMAT, JSON_BODY, QUERY, READING, WRITING } from "./errors.ts";
import { OPERATION_EXAMPLES } from "./session-examples.ts";
import { FORMAT_PARAMETER, TABLE_ANSWERS, WARNINGS_HEADER } from "./table-types.ts";

const ID = "017cfc9f-bc6a-4e3e-a868-462c0166e7fa";
const path = { id: pathText("The session's `session_id`", ID) };
const ONE: readonly FaultCode[] = [...READING, ...QUERY, "session-unknown", "sessions-full"];
const CHANGING: readonly FaultCode[] = [...JSON_BODY, ...ONE, "cell-unknown", "cell-read-only"];

const SESSION = {
  session_id: ID,
  interface_file: "grades.yml",
  directory: ".",
  interface_field: null,
  shape: [2, 4],
  columns: ["age", "grade", "visit", "mark"],
  memory_mb: 0.001,
  created_time: 1_795_605_247.289,
  last_accessed: 1_795_605_247.289,
  timeout: 3600,
  age_seconds: 0.009,
  idle_seconds: 0.009,
};

const LINKS = Object.fromEntries(
  [
    ["getApiSessionsId", "Look at it"],
    ["postApiSessionsIdSetIndex", "Look at a row"],
    ["postApiSessionsIdGetValueAt", "Read a cell"],
    ["postApiSessionsIdSetValueAt", "Write a cell"],
    ["getApiSessionsIdTable", "Get all rows"],
    ["postApiSessionsIdSave", "Write its outputs"],
    ["deleteApiSessionsId", "End it"],
  ].map(([operationId = "", description]) => [
    operationId,
    { operationId, description, parameters: { id: "$response.body#/session/session_id" } },
  ]),
);

/** Sessions, without the operations that are an endpoint each. */
const LIFE: DescribedByEndpoint = {
  "post /api/sessions": {
    description:
      "It ends `timeout` seconds after its last use, and outlives a restart of the server until then.",
    body: {
      isRequired: true,
      content: json(NewSessionRequest, {
        session: { interface_file: "grades.yml" },
        brief: { interface_file: "grades.yml", timeout: 60 },
      }),
    },
    answer: {
      ...answers("The session", SessionAnswer, { made: { status: "success", session: SESSION } }),
      links: LINKS,
    },
    errors: [...JSON_BODY, ...READING, ...QUERY, "sessions-full"],
  },
  "get /api/sessions": {
    answer: answers("Those that the caller may see", SessionsAnswer, {
      all: { status: "success", sessions: [SESSION], total_sessions: 1, total_memory_mb: 0.001 },
    }),
    errors: [...READING, ...QUERY],
  },
  ...under(["get /api/sessions/:id", "post /api/sessions/:id"], {
    path,
    answer: answers("The session", SessionAnswer, { made: { status: "success", session: SESSION } }),
    errors: ONE,
  }),
  "delete /api/sessions/:id": {
    path,
    answer: answers("It ended", MessageAnswer, {
      deleted: { status: "success", message: `Session ${ID} deleted` },
    }),
    errors: ["session-unknown"],
  },
  "post /api/sessions/:id/compute": {
    path,
    body: {
      isRequired: false,
      content: json(SessionComputeRequest, {
        entry: {
          compute: {
            field: "grade",
            function: "render_liquid",
            args: { template: "{{ age }} years" },
            row_args: { age: "age" },
          },
        },
        own: {},
      }),
    },
    answer: answers("How many cells got a value", SessionComputeAnswer, {
      entry: { status: "success", cells: 1 },
    }),
    errors: CHANGING,
  },
  "post /api/sessions/:id/save": {
    path,
    body: {
      isRequired: false,
      content: json(SessionSaveRequest, { all: {}, one: { sections: ["output"] } }),
    },
    answer: answers("What was written", SessionSaveAnswer, {
      one: {
        status: "success",
        saved: [{ section: "output", path: "./grades.csv", rows: 2, bytes: 33 }],
        skipped: [],
      },
    }),
    errors: [...CHANGING, ...WRITING],
  },
  "get /api/sessions/:id/table": {
    path,
    query: { format: FORMAT_PARAMETER },
    answer: {
      description: "All rows and columns, in the format that was chosen",
      content: {
        ...json(ReadAnswer, {
          table: {
            status: "success",
            data: {
              records: [
                { name: "ann", age: 31, grade: "good" },
                { name: "bob", age: 45, grade: "45 years" },
              ],
              columns: ["name", "age", "grade"],
              shape: [2, 3],
              dtypes: { name: "object", age: "int64", grade: "object" },
            },
          },
        }),
        ...TABLE_ANSWERS,
      },
      headers: WARNINGS_HEADER,
    },
    errors: [...ONE, ...FORMAT],
  },
};

/** Which keys an operation needs, with the words and types of the schema that checks all of them. */
function requestOf(parameters: readonly string[], optional: readonly string[]) {
  const { entries } = SessionOperationRequest;
  const keys = [...parameters, ...optional] as (keyof typeof entries)[];
  return v.pipe(
    v.looseObject(Object.fromEntries(keys.map((key) => [key, entries[key]]))),
    needs(...parameters),
  );
}

function operation(name: keyof typeof SESSION_OPERATIONS, withBody: boolean): Described {
  const { parameters } = SESSION_OPERATIONS[name];
  const { answer, request } = OPERATION_EXAMPLES[name];
  const optional = name === "set_value_at" ? ["subindex"] : [];
  const body = {
    isRequired: parameters.length > 0,
    content: json(requestOf(parameters, optional), { example: request }),
  };
  return {
    path,
    ...(withBody ? { body } : {}),
    answer: answers("Done", success(OPERATION_ANSWERS[name]), { example: { status: "success", ...answer } }),
    errors: withBody ? CHANGING : [...ONE, "cell-unknown"],
  };
}

/** All of sessions. */
export const SESSION_ENDPOINTS: DescribedByEndpoint = {
  ...LIFE,
  ...Object.fromEntries(
    Object.keys(SESSION_OPERATIONS).flatMap((name) =>
      (["get", "post"] as const).map((method) => [
        `${method} /api/sessions/:id/${name}`,
        operation(name as keyof typeof SESSION_OPERATIONS, method === "post"),
      ]),
    ),
  ),
};
