import { ActivityAnswer, EVENTS, TimelineAnswer } from "./answers/insight.ts";
import { MessageAnswer } from "./answers/parts.ts";
import { answers, type DescribedByEndpoint, EVENT_STREAM, pathText, text } from "./described.ts";
import { CONTROL } from "./errors.ts";

const REQUEST = { id: "k3j9x0-1a", method: "POST", route: "/api/compute", caller: "guest" };
const SLOT = { time: 1_795_605_240, served: 12, refused: 1, failed: 0, p50Ms: 0.4, p99Ms: 8.1 };

const EVENT_NAMES = Object.keys(EVENTS)
  .map((name) => `\`${name}\``)
  .join(", ");

/** What the server does. */
export const INSIGHT_ENDPOINTS: DescribedByEndpoint = {
  "get /api/events": {
    description: `A stream of server-sent events that only looks on; it ends with the event \`server-stopping\`. The topics' events are \`model\` of models; \`pulse\`, \`model-facts\` and \`slot\` of pulse; \`activity\` of activity; \`log\` of logs; and \`output\` of \`?output=\`. The components \`Event-NAME\` have the shape of each one's data (${EVENT_NAMES}).`,
    query: {
      topics: text(
        "What to tell, several with commas: models, pulse, activity, logs. The last two are for the owner",
        {
          default: "models",
          pattern: "^,*(models|pulse|activity|logs)?(,+(models|pulse|activity|logs)?)*$",
          example: "models,pulse",
        },
      ),
      output: text(
        "A model whose server's output is told too; for a key marked `admin` where there are keys",
      ),
    },
    answer: {
      description: "The events",
      content: {
        [EVENT_STREAM]: {
          schema: { description: "Each event's data is JSON" },
          examples: {
            model: 'event: model\ndata: {"model":"tiny","state":"ready","time":1795605247.289}\n\n',
          },
        },
      },
    },
    errors: ["request-invalid", "model-unknown", "not-supported", ...CONTROL],
  },
  "get /api/timeline": {
    answer: answers("By slots of ten seconds", TimelineAnswer, {
      timeline: { status: "success", slots: [SLOT] },
    }),
    errors: [],
  },
  "get /api/activity": {
    description: "For the owner, a page that signed in, and a key marked `admin`.",
    answer: answers("The requests", ActivityAnswer, {
      activity: {
        status: "success",
        running: [{ ...REQUEST, startedMs: 1_795_605_247_289 }],
        recent: [
          {
            ...REQUEST,
            id: "k3j9x0-19",
            status: 200,
            endedMs: 1_795_605_247_100,
            durationMs: 3.2,
            headMs: 3.2,
          },
          {
            ...REQUEST,
            id: "k3j9x0-18",
            status: 404,
            endedMs: 1_795_605_247_000,
            durationMs: 0.8,
            headMs: 0.8,
            code: "file-not-found",
            message: 'No file "citys.csv"',
          },
        ],
      },
    }),
    errors: CONTROL,
  },
  "post /api/activity/cancel/:id": {
    description: "For the owner, a page that signed in, and a key marked `admin`. Its caller gets 499.",
    path: { id: pathText("The request's `x-request-id`", "k3j9x0-1a") },
    answer: answers("It was asked to", MessageAnswer, {
      message: { status: "success", message: "Request k3j9x0-1a was asked to end" },
    }),
    errors: [...CONTROL, "request-unknown"],
  },
};
