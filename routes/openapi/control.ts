import { RootsRequest } from "../schemas.ts";
import {
  ConfigAnswer,
  HistoryAnswer,
  HistoryRunAnswer,
  LogsAnswer,
  PageLinkAnswer,
  ReloadAnswer,
  RootsAnswer,
} from "./answers/control.ts";
import { CommandAnswer } from "./answers/models.ts";
import { MessageAnswer } from "./answers/parts.ts";
import { answers, type DescribedByEndpoint, pathText, takes, text, wholeNumber } from "./described.ts";
import { CONTROL, JSON_BODY } from "./errors.ts";
import { MODEL_PATH } from "./models.ts";

const RUN = {
  id: "2026-11-25T22-00-00.000Z-serving",
  kind: "serving",
  subject: "tiny",
  time: "2026-11-25T22:00:00.000Z",
  headline: { name: "output", value: 118.2, unit: "tokens/s", isLessBetter: false },
  command: "hearth bench serve tiny",
};
const run = { id: pathText("What the list calls it", RUN.id) };

const FOR = "For the owner, a page that signed in, and a key marked `admin`.";
const OWNER = "For the owner alone, who comes by the instance's Unix socket.";

/** What shows or changes the server itself. */
export const CONTROL_ENDPOINTS: DescribedByEndpoint = {
  "get /api/models/command/:id": {
    description: FOR,
    path: MODEL_PATH,
    answer: answers("The command", CommandAnswer, {
      command: {
        status: "success",
        command: ["llama-server", "--port", "5800"],
        env: {},
        path: "/usr/local/bin:/usr/bin:/bin",
        program: "/usr/local/bin/llama-server",
        template: ["llama-server", "--port", "${PORT}"],
        missing: null,
      },
    }),
    errors: [...CONTROL, "model-unknown"],
  },
  "get /api/logs": {
    description: FOR,
    query: {
      lines: wholeNumber("How many at most; more than 5000 are 5000", { minimum: 1, default: 500 }),
      level: text("This level and above", { enum: ["debug", "info", "warn", "error", "silent"] }),
      request: text("Only lines of this request"),
      since: { description: "Only later ones; seconds since 1970", schema: { type: "number" } },
    },
    answer: answers("The lines", LogsAnswer, {
      lines: {
        status: "success",
        lines: [
          { time: "2026-11-25T22:00:00.000Z", level: "info", event: "message", message: "serving" },
          {
            time: "2026-11-25T22:00:01.000Z",
            level: "info",
            event: "request",
            id: "k3j9x0-1a",
            method: "GET",
            route: "/api/ping",
            status: 200,
            ms: 0.4,
            caller: "guest",
          },
        ],
      },
    }),
    errors: [...CONTROL, "request-invalid"],
  },
  "get /api/history": {
    description: FOR,
    answer: answers("The runs", HistoryAnswer, {
      runs: { status: "success", runs: [{ ...RUN, hasReport: true }] },
    }),
    errors: CONTROL,
  },
  "get /api/history/:id": {
    description: FOR,
    path: run,
    answer: answers("The run", HistoryRunAnswer, { run: { status: "success", run: { ...RUN, result: {} } } }),
    errors: [...CONTROL, "file-not-found"],
  },
  "get /api/history/:id/report": {
    description: FOR,
    path: run,
    answer: {
      description: "The report",
      content: { "text/html": { schema: { type: "string" }, examples: { html: "<!doctype html>..." } } },
      headers: {
        "content-disposition": { description: "A name for the file", schema: { type: "string" } },
        "content-security-policy": { description: "A sandbox", schema: { const: "sandbox" } },
      },
    },
    errors: [...CONTROL, "file-not-found"],
  },
  "post /api/control/page-link": {
    description: OWNER,
    answer: answers("The code", PageLinkAnswer, {
      link: { status: "success", code: "5d41402abc4b2a76b9719d911017c592", url: "http://127.0.0.1:8765" },
    }),
    errors: CONTROL,
  },
  "post /api/control/sign-out": {
    description: FOR,
    answer: answers("They are", MessageAnswer, {
      message: { status: "success", message: "All pages are signed out" },
    }),
    errors: CONTROL,
  },
  "get /api/config": {
    description: `${FOR} Secrets are not in it.`,
    answer: answers("As `hearth config show` prints it", ConfigAnswer, {
      config: {
        status: "success",
        settings: { port: { value: 8765, origin: "flag", where: "--port" } },
        config: null,
        warnings: [],
        waiting: [],
        roots: ["/home/ann/project"],
        kept: null,
      },
    }),
    errors: CONTROL,
  },
  "post /api/control/roots": {
    description: `${OWNER} They hold until the server ends.`,
    body: takes(RootsRequest, { here: { roots: ["."] } }),
    answer: answers("All roots", RootsAnswer, {
      all: { status: "success", roots: ["/home/ann/project"] },
    }),
    errors: [...CONTROL, ...JSON_BODY, "file-not-found", "not-a-file"],
  },
  "post /api/control/reload": {
    description: `${FOR} What would lower the protection of a bound address waits for a restart. A file that is broken, gone or no longer trusted changes nothing: 422.`,
    answer: answers("What changed", ReloadAnswer, {
      reload: {
        status: "success",
        changed: ["memoryBudget"],
        needsRestart: ["port"],
        kept: ["The address is bound at the start"],
        warnings: [],
      },
    }),
    errors: [...CONTROL, "config-invalid"],
  },
};
