import { FORM_PATHS, JSON_PATHS, QUERY_PATHS } from "../model-paths.ts";
import { ListedModelAnswer, ListedModelsAnswer } from "./answers/models.ts";
import {
  type Answer,
  answers,
  type Body,
  type Described,
  type DescribedByEndpoint,
  EVENT_STREAM,
  json,
  type JsonSchema,
  pathText,
  text,
  under,
} from "./described.ts";
import { BODY, JSON_BODY, MODEL } from "./errors.ts";
import { FORM_FIELDS, JSON_REQUESTS } from "./openai-requests.ts";

const MODEL_NAME: JsonSchema = {
  type: "string",
  minLength: 1,
  description: "A name of `GET /v1/models`; aliases, selectors and peers' names too",
};

/** Whatever a model's server says; hearth's own failures have `source: "hearth"`. */
const PASSED_ON: Answer = {
  description: "What the model's server answers, unchanged but for what the config changes",
  content: { "*/*": { schema: {} } },
};

const ANY_STATUS = {
  default: { ...PASSED_ON, description: "The model's server may answer with any other status" },
};

const LOADING = text(
  "`comments`: while the model loads a stream begins with comments, so that nothing on the way times out",
);

const MODELS = [{ id: "tiny", object: "model", created: 1_700_000_000, owned_by: "hearth" }] as const;

/** A path whose JSON body names the model. */
function byJson(path: (typeof JSON_PATHS)[number]): Described {
  const { answer, properties, request } = JSON_REQUESTS[path];
  return {
    description: "Fields that are not listed here are passed on too: the model's server judges them.",
    query: { model: text("The model, where the body names none") },
    headers: { "x-hearth-loading": LOADING },
    body: {
      isRequired: true,
      content: json(
        { type: "object", properties: { model: MODEL_NAME, ...properties } },
        { example: request },
      ),
    },
    answer: {
      ...PASSED_ON,
      content: {
        "application/json": { schema: {}, examples: { answer } },
        [EVENT_STREAM]: { schema: { description: "With `stream: true`; ends with `data: [DONE]`" } },
        ...PASSED_ON.content,
      },
      others: ANY_STATUS,
    },
    errors: [...JSON_BODY, ...MODEL],
  };
}

function byForm(path: (typeof FORM_PATHS)[number]): Described {
  const file = { contentMediaType: "application/octet-stream" };
  const { fields, files } = FORM_FIELDS[path];
  return {
    body: {
      isRequired: true,
      content: {
        "multipart/form-data": {
          schema: {
            type: "object",
            required: ["model"],
            properties: {
              model: MODEL_NAME,
              ...Object.fromEntries(files.map((name) => [name, file])),
              ...Object.fromEntries(fields.map((name) => [name, { type: "string" }])),
            },
          },
          examples: { form: { model: "tiny", [files[0] ?? "file"]: "the file's bytes", prompt: "A hearth" } },
        },
      },
    },
    answer: { ...PASSED_ON, others: ANY_STATUS },
    errors: ["request-invalid", "data-invalid", ...BODY, ...MODEL],
  };
}

const QUERY: Described = {
  query: { model: { ...text("The model"), isRequired: true, example: "tiny" } },
  answer: { ...PASSED_ON, others: ANY_STATUS },
  errors: ["request-invalid", ...MODEL],
};

const ANYTHING: Body = { isRequired: false, content: { "*/*": { schema: {} } } };

const rest = pathText("The rest of the path, which may hold slashes", "audio/info");

function other(method: string): Described {
  const takesBody = method === "post" || method === "put" || method === "patch";
  return {
    description:
      "The model is named by a form's field `model`, by the JSON body, or without a body by `?model=`.",
    path: { path: rest },
    query: { model: text("The model, where no body names it", { example: "tiny" }) },
    ...(takesBody ? { body: ANYTHING } : {}),
    answer: { ...PASSED_ON, others: ANY_STATUS },
    errors: ["data-invalid", ...JSON_BODY, ...MODEL],
    hasHead: true,
  };
}

function upstream(method: string): Described {
  const takesBody = method !== "get";
  return {
    description:
      "The request goes to the model's server as it is, with the rest of its path; the model is loaded for it. HTML comes in a sandbox, since it would else speak with hearth's own address.",
    path: { id: pathText("The model; its slashes may stand as they are", "tiny"), path: rest },
    ...(takesBody ? { body: ANYTHING } : {}),
    answer: { ...PASSED_ON, others: ANY_STATUS },
    errors: [...BODY, ...MODEL],
    hasHead: true,
  };
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** What is routed by model. */
export const OPENAI_ENDPOINTS: DescribedByEndpoint = {
  "get /v1/models": {
    description: "Starts none of them. Without those that are unlisted or not for the caller's key.",
    answer: answers("The models", ListedModelsAnswer, { models: { object: "list", data: MODELS } }),
    errors: [],
  },
  "get /v1/models/:id": {
    path: { id: pathText("Its name, whose slashes may stand as they are", "tiny") },
    answer: answers("The model", ListedModelAnswer, { model: MODELS[0] }),
    errors: ["model-unknown"],
  },
  ...Object.fromEntries(JSON_PATHS.map((path) => [`post ${path}`, byJson(path)])),
  ...Object.fromEntries(FORM_PATHS.map((path) => [`post ${path}`, byForm(path)])),
  ...under(
    QUERY_PATHS.map((path) => `get ${path}`),
    QUERY,
  ),
  ...Object.fromEntries(METHODS.map((method) => [`${method} /v1/:path`, other(method)])),
  ...Object.fromEntries(METHODS.map((method) => [`${method} /upstream/:id/:path`, upstream(method)])),
};
