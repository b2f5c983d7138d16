import { READERS } from "../../src/data/readers/index.ts";
import { OUTPUT_TYPES } from "../../src/data/writers/index.ts";
import { ComputeRequest, ReadDataRequest, WriteDataRequest } from "../schemas.ts";
import { ComputeAnswer, FilesAnswer, OperationsAnswer, ReadAnswer, WriteAnswer } from "./answers/tables.ts";
import { answers, type DescribedByEndpoint, json, text } from "./described.ts";
import { FILES, FORMAT, JSON_BODY, QUERY, READING, WRITING } from "./errors.ts";
import {
  BODY_TYPE_PARAMETER,
  FORMAT_PARAMETER,
  TABLE_ANSWERS,
  TABLE_BODIES,
  WARNINGS_HEADER,
} from "./table-types.ts";

const CITIES = {
  records: [
    { city: "Oslo", people: 709_000 },
    { city: "Bergen", people: 291_000 },
  ],
  columns: ["city", "people"],
  shape: [2, 2],
  dtypes: { city: "object", people: "int64" },
};

const tableOf = (records: readonly object[], dtypes: Readonly<Record<string, string>>) => {
  const columns = Object.keys(dtypes);
  return { records, columns, shape: [records.length, columns.length], dtypes };
};

const computed = (operation: string, result: object) => ({
  status: "success",
  operation,
  message: `Compute operation '${operation}' completed`,
  result,
});

/** Reading, writing and computing. */
export const DATA_ENDPOINTS: DescribedByEndpoint = {
  "post /api/read_data": {
    description:
      "Either `data_source` says what is read, or `interface_file` names an interface whose `input` is. With `?type=` the body itself is the table, and is streamed to disk within `uploadLimit`.",
    query: { format: FORMAT_PARAMETER, type: BODY_TYPE_PARAMETER },
    body: {
      isRequired: true,
      content: {
        ...json(ReadDataRequest, {
          file: { data_source: { type: "csv", filename: "cities.csv" } },
          columns: { data_source: { type: "auto", filename: "cities.csv", select_columns: ["city"] } },
          given: { data_source: { type: "local", data: [{ n: 1 }, { n: 2.5 }] } },
          interface: { interface_file: "grades.yml" },
        }),
        ...TABLE_BODIES,
      },
    },
    answer: {
      description: "The table, in the format that was chosen",
      content: {
        ...json(ReadAnswer, {
          file: { status: "success", data: CITIES },
          columns: {
            status: "success",
            data: tableOf([{ city: "Oslo" }, { city: "Bergen" }], { city: "object" }),
          },
          given: { status: "success", data: tableOf([{ n: 1 }, { n: 2.5 }], { n: "float64" }) },
        }),
        ...TABLE_ANSWERS,
      },
      headers: WARNINGS_HEADER,
    },
    errors: [...JSON_BODY, ...READING, ...FORMAT],
  },
  "get /api/files": {
    query: {
      directory: text("The folder; by default where relative paths start", { example: ".", default: "." }),
    },
    answer: answers("What lies there", FilesAnswer, {
      folder: {
        status: "success",
        directory: ".",
        entries: [
          { name: "old", kind: "folder" },
          { name: "cities.csv", kind: "file" },
        ],
        count: 2,
      },
    }),
    errors: [...FILES, "data-too-large"],
  },
  "post /api/write_data": {
    description:
      "A file is replaced whole or not at all. With `?output=` the body itself is the table, and is streamed to disk within `uploadLimit`.",
    query: {
      output: text(
        "File to write the body's table to; absent: the body is a JSON request. Further parameters of the query are the output's, those that begin with `from.` the body's",
      ),
      type: text("With `output`: its type; absent: by its extension", { enum: OUTPUT_TYPES }),
      from: text("With `output`: the type of the body; absent: by its content type", { enum: READERS.types }),
    },
    body: {
      isRequired: true,
      content: {
        ...json(WriteDataRequest, {
          records: {
            data: { records: [{ a: 1 }, { a: 2.5 }] },
            output: { type: "csv", filename: "rows.csv" },
          },
          columns: {
            data: { records: [{ a: 1, b: "x" }], columns: ["b", "a"] },
            output: { type: "auto", filename: "rows.ndjson" },
          },
        }),
        ...TABLE_BODIES,
      },
    },
    answer: answers("It was written", WriteAnswer, {
      records: { status: "success", message: "Wrote 2 records", rows: 2, bytes: 10 },
      columns: { status: "success", message: "Wrote 1 records", rows: 1, bytes: 16 },
    }),
    errors: [...JSON_BODY, ...READING, ...WRITING],
  },
  "post /api/compute": {
    description:
      "`operation` is a name of `GET /api/operations`, `params` its parameters. Tables come as `data`, as one `data_source`, or as `sources` by name. A query is interrupted when its caller goes away.",
    query: { format: FORMAT_PARAMETER },
    body: {
      isRequired: true,
      content: json(ComputeRequest, {
        sort: {
          operation: "sort",
          data: [{ a: 2 }, { a: null }, { a: 1 }],
          params: { by: "a", descending: true },
        },
        sql: {
          operation: "sql",
          sources: { cities: { type: "csv", filename: "cities.csv" } },
          params: { query: "SELECT city FROM cities WHERE people > 500000" },
        },
        filter: {
          operation: "filter",
          data_source: { type: "csv", filename: "cities.csv" },
          params: { where: "people < 500000" },
        },
      }),
    },
    answer: {
      description: "The result, in the format that was chosen",
      content: {
        ...json(ComputeAnswer, {
          sort: computed("sort", tableOf([{ a: 2 }, { a: 1 }, { a: null }], { a: "float64" })),
          sql: computed("sql", tableOf([{ city: "Oslo" }], { city: "object" })),
          filter: computed(
            "filter",
            tableOf([{ city: "Bergen", people: 291_000 }], { city: "object", people: "int64" }),
          ),
        }),
        ...TABLE_ANSWERS,
      },
      headers: WARNINGS_HEADER,
    },
    errors: [...JSON_BODY, ...READING, ...FORMAT, ...QUERY],
  },
  "get /api/operations": {
    answer: answers("All operations, those of functions of your own among them", OperationsAnswer, {
      operations: {
        status: "success",
        operations: [
          {
            name: "sql",
            summary: "Runs a query that reads the request's tables: `data`, or the names in `sources`.",
            kind: "operation",
            parameters: { query: "one SELECT statement in DuckDB's SQL; may begin with FROM" },
          },
        ],
      },
    }),
    errors: [],
  },
};
