import { ModelAnswer, ModelLogsAnswer, ModelsAnswer, RunningAnswer } from "./answers/models.ts";
import { MessageAnswer } from "./answers/parts.ts";
import {
  answers,
  type Described,
  type DescribedByEndpoint,
  EVENT_STREAM,
  json,
  pathText,
  plain,
  text,
  under,
  wholeNumber,
} from "./described.ts";
import { LOADING } from "./errors.ts";

export const MODEL_PATH = { id: pathText("The model; its slashes may stand as they are", "tiny") };

export const MODEL_EXAMPLE = {
  id: "tiny",
  state: "ready",
  pid: 15_200,
  url: "http://127.0.0.1:5800",
  memoryBytes: 52_428_800,
  inFlight: 0,
  queued: 0,
  pinned: false,
  lastUsed: 1_795_605_247.289,
  ttlLeftSeconds: null,
  starts: 1,
  failures: 0,
  reason: null,
  retryInSeconds: null,
  loadMs: 212,
  name: null,
  description: null,
  aliases: [],
};

const ONE = answers("How it stands then", ModelAnswer, {
  model: { status: "success", model: MODEL_EXAMPLE },
});

const verb: Described = { path: MODEL_PATH, answer: ONE, errors: ["model-unknown"] };

const OUTPUT = "Only for a key marked `admin` where there are keys.";
const HISTORY = {
  "no-history": text("Leaves out what was printed before; whatever its value", { example: "" }),
};

/** hearth's own endpoints for models, and llama-swap's in its shapes. */
export const MODEL_ENDPOINTS: DescribedByEndpoint = {
  "get /api/models": {
    answer: answers("Those of the config that the caller's key is good for", ModelsAnswer, {
      models: { status: "success", models: [MODEL_EXAMPLE] },
    }),
    errors: [],
  },
  "post /api/models/load/:id": { ...verb, errors: LOADING },
  "post /api/models/unload": {
    answer: answers("They are", MessageAnswer, {
      message: { status: "success", message: "All models are unloaded" },
    }),
    errors: [],
  },
  ...under(["post /api/models/unload/:id", "post /api/models/pin/:id", "post /api/models/unpin/:id"], verb),
  "get /api/models/logs/:id": {
    description: `${OUTPUT} With \`Accept: text/event-stream\` it goes on with each further line.`,
    path: MODEL_PATH,
    query: { lines: wholeNumber("How many of the last lines; default 200", { minimum: 0, default: 200 }) },
    answer: {
      description: "The lines",
      content: {
        ...json(ModelLogsAnswer, { lines: { status: "success", id: "tiny", lines: ["listening"] } }),
        [EVENT_STREAM]: {
          schema: { description: "Each event's data is a line as JSON" },
          examples: { lines: 'data: "listening"\n\n' },
        },
      },
    },
    errors: ["request-invalid", "model-unknown"],
  },
  "get /health": {
    description: "Answered without a token too.",
    answer: plain("It is there", { const: "OK" }, "OK"),
    errors: [],
    hasHead: true,
  },
  "get /running": {
    answer: answers("The loaded models", RunningAnswer, {
      running: {
        running: [
          {
            model: "tiny",
            state: "ready",
            cmd: "llama-server --port 5800",
            proxy: "http://127.0.0.1:5800",
            ttl: 0,
            name: "",
            description: "",
          },
        ],
      },
    }),
    errors: [],
  },
  "get /unload": { answer: plain("They are", { const: "OK" }, "OK"), errors: [] },
  "get /logs": { description: OUTPUT, answer: plain("Their output", {}, "listening\n"), errors: [] },
  "get /logs/stream": {
    description: `${OUTPUT} It ends when the server leaves.`,
    query: HISTORY,
    answer: plain("Lines as they come", {}, "listening\n"),
    errors: [],
  },
  "get /logs/stream/:id": {
    description: `${OUTPUT} It ends when the server leaves. \`upstream\` means all models, \`proxy\` none.`,
    path: MODEL_PATH,
    query: HISTORY,
    answer: plain("Lines as they come", {}, "listening\n"),
    errors: ["model-unknown"],
  },
};
