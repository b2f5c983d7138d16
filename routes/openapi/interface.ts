import {
  InterfaceCheckRequest,
  InterfaceReadRequest,
  TalkFieldRequest,
  TalkFieldsRequest,
} from "../schemas.ts";
import {
  FieldsAnswer,
  InterfaceCheckAnswer,
  InterfaceFieldAnswer,
  TalkFieldAnswer,
} from "./answers/interfaces.ts";
import { answers, type DescribedByEndpoint, takes } from "./described.ts";
import { FILES, JSON_BODY } from "./errors.ts";
import type { FaultCode } from "../../src/errors.ts";

const ERRORS: readonly FaultCode[] = [
  ...JSON_BODY,
  ...FILES,
  "data-invalid",
  "data-empty",
  "encoding-invalid",
  "data-too-large",
  "file-changed",
  "too-busy",
];

/** Fields of interfaces and talks. */
export const INTERFACE_ENDPOINTS: DescribedByEndpoint = {
  "post /api/interface/read": {
    body: takes(InterfaceReadRequest, {
      title: { interface_file: "grades.yml", field: "title" },
      absent: { interface_file: ["none.yml", "grades.yml"], field: "nobody" },
    }),
    answer: answers("The field's value", InterfaceFieldAnswer, {
      title: { status: "success", value: "Grades" },
      absent: { status: "success", value: null },
    }),
    errors: ERRORS,
  },
  "post /api/interface/check": {
    body: takes(InterfaceCheckRequest, { check: { interface_file: "grades.yml" } }),
    answer: answers("What it is made of", InterfaceCheckAnswer, {
      report: {
        status: "success",
        files: ["/home/ann/project/grades.yml"],
        sections: [
          { name: "input", type: "csv" },
          { name: "output", type: "csv" },
        ],
        problems: [],
      },
    }),
    errors: ERRORS,
  },
  "post /api/talk/field": {
    description: "A text that is missing counts as one without fields: the configs are still asked.",
    body: takes(TalkFieldRequest, {
      own: { field: "title", markdown_file: "talk.md" },
      config: { field: "institution", markdown_file: "talk.md", config_files: ["_lamd.yml"] },
    }),
    answer: answers("The field's value", TalkFieldAnswer, {
      own: { status: "success", value: "Warm" },
      config: { status: "success", value: "Harbor" },
    }),
    errors: ERRORS,
  },
  "post /api/talk/fields": {
    body: takes(TalkFieldsRequest, {
      fields: { fields: ["title", "institution", "nobody"], markdown_file: "talk.md" },
    }),
    answer: answers("Their values", FieldsAnswer, {
      fields: {
        status: "success",
        values: { title: "Warm", institution: "Harbor" },
        missing: ["nobody"],
      },
    }),
    errors: ERRORS,
  },
};
