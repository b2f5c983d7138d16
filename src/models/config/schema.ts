import * as v from "valibot";
import type { JsonSchema as JsonShape } from "@valibot/to-json-schema";
import { DURATION_EXAMPLES, readDuration } from "../../config/duration.ts";
import { SIZE_EXAMPLES, readSize } from "../../config/size.ts";

/*
 * llama-swap's config at the very places and with the defaults it has there, and hearth's own keys beside it. The JSON
 * Schema for editors is made of this. Source: https://github.com/mostlygeek/llama-swap, `config.example.yaml` and
 * `config-schema.json`.
 */

const described = <Schema extends v.GenericSchema>(schema: Schema, description: string) =>
  v.pipe(v.optional(schema), v.description(description));

/**
 * What an editor is told of a value that may be written in several ways, where the schema alone would say too much or
 * too little; `${...}` may stand for any value.
 */
const shown = <Value>(shape: JsonShape) => v.metadata<Value, { readonly shown: JsonShape }>({ shown: shape });
const MACRO: JsonShape = { type: "string", pattern: String.raw`\$\{` };

const Text = v.pipe(
  v.union([v.string(), v.number(), v.boolean()], "a text"),
  shown({ type: "string" }),
  v.transform((value) => String(value)),
);
const Flag = v.pipe(
  v.union([v.boolean(), v.picklist(["true", "false"], "true or false")], "true or false"),
  shown({ anyOf: [{ type: "boolean" }, MACRO] }),
  v.transform((value) => value === true || value === "true"),
);
const whole = (expected: string, least = 0) =>
  v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/, expected))], expected),
    shown({ anyOf: [{ type: "integer", minimum: least }, MACRO] }),
    v.transform(Number),
    v.integer(expected),
    v.minValue(least, expected),
  );
const Seconds = v.pipe(
  v.union([v.number(), v.string()], DURATION_EXAMPLES),
  v.check((value) => readDuration(value) !== undefined, DURATION_EXAMPLES),
  shown({ anyOf: [{ type: "number", minimum: 0 }, { type: "string" }] }),
  v.transform((value) => readDuration(value) as number),
);
const Size = v.pipe(
  v.union([v.number(), v.string()], SIZE_EXAMPLES),
  v.check((value) => readSize(value) !== undefined, SIZE_EXAMPLES),
  shown({ anyOf: [{ type: "number", minimum: 0 }, { type: "string" }] }),
  v.transform((value) => readSize(value) as number),
);
const Texts = v.array(Text, "a list of texts");
const Params = v.record(v.string(), v.unknown(), "parameters by name");
const mapping = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.looseObject(entries, "keys and values");

const Timeouts = mapping({
  connect: described(Seconds, "Time to connect to the server; 0: no limit"),
  responseHeader: described(Seconds, "Time to the first byte of an answer; 0: no limit"),
  idleConn: described(Seconds, "Time after which an unused connection is closed"),
  keepalive: described(Seconds, "Accepted for llama-swap's sake; the system's own keepalive is used"),
  tlsHandshake: described(Seconds, "Accepted for llama-swap's sake; part of `connect` here"),
  expectContinue: described(Seconds, "Accepted for llama-swap's sake; bodies are sent at once"),
  idle: described(Seconds, "hearth's own: silence within an answer after which it is given up; 0: no limit"),
  total: described(Seconds, "hearth's own: longest time for one answer; 0: no limit"),
});

const Filters = mapping({
  stripParams: described(v.union([Text, Texts], "names, separated by commas"), "Parameters to remove"),
  setParams: described(Params, "Parameters to set, whatever the request says"),
  setParamsByID: described(
    v.record(v.string(), Params, "parameters by the name that is asked for"),
    "Parameters to set by the name that was asked for; each name is an alias",
  ),
});

const Capabilities = mapping({
  in: described(Texts, "What goes in: text, audio, image"),
  out: described(Texts, "What comes out: text, audio, image"),
  tools: described(Flag, "It can call functions"),
  reranker: described(Flag, "It serves /v1/rerank"),
  context: described(whole("tokens, 0 or more"), "Longest context, in tokens"),
});

const number = (expected: string) => v.pipe(v.number(expected), v.finite(expected));

export const ServerBlock = mapping({
  type: v.pipe(
    v.picklist(["mlx-lm", "llama-server", "vllm"], "mlx-lm, llama-server or vllm"),
    v.description("Which server it is"),
  ),
  model: v.pipe(
    v.string("a path or a name on Hugging Face"),
    v.description("Path of the model, or its name on Hugging Face"),
  ),
  program: described(Text, "What to run in place of mlx_lm.server, llama-server or vllm; a command line"),
  host: described(Text, "Address that it listens on; default 127.0.0.1"),
  port: described(whole("a port", 1), "Port that it listens on; default: a free one"),
  loraAdapter: described(Text, "Path of a LoRA adapter"),
  draftModel: described(Text, "Model for speculative decoding"),
  draftTokens: described(whole("tokens, 1 or more", 1), "Tokens that the draft model guesses at a time"),
  contextSize: described(whole("tokens, 1 or more", 1), "Longest context, in tokens"),
  promptCache: described(
    mapping({
      entries: described(whole("a number of prompts", 0), "Prompts that are kept at most"),
      bytes: described(Size, "Memory for kept prompts"),
    }),
    "Bounds of the prompt cache",
  ),
  sampling: described(
    mapping({
      temperature: described(number("a number"), "Default temperature"),
      topP: described(number("a number"), "Default top-p"),
      topK: described(whole("a whole number"), "Default top-k"),
      minP: described(number("a number"), "Default min-p"),
      maxTokens: described(whole("tokens, 1 or more", 1), "Default length of an answer, in tokens"),
      repetitionPenalty: described(number("a number"), "Default repetition penalty"),
      repetitionContextSize: described(whole("tokens, 1 or more", 1), "Tokens that the penalty looks back"),
      presencePenalty: described(number("a number"), "Default presence penalty"),
      frequencyPenalty: described(number("a number"), "Default frequency penalty"),
      seed: described(whole("a whole number"), "Default seed"),
      stop: described(
        v.union([v.string(), v.array(v.string())], "a text or a list of texts"),
        "Stop sequences",
      ),
    }),
    "What a request doesn't say itself",
  ),
  args: described(Texts, "Further arguments, as they are"),
});

const Alias = v.union(
  [v.pipe(Text, v.nonEmpty()), mapping({ id: Text, name: v.optional(Text), unlisted: v.optional(Flag) })],
  "a name, or a mapping with `id`",
);

export const ModelEntry = mapping({
  cmd: described(Text, "Command line that starts the server; no shell runs it. ${PORT} is a free port"),
  server: described(ServerBlock, "hearth's own: a server that hearth knows, in place of `cmd`"),
  cmdStop: described(Text, "Command line that stops it, in place of SIGTERM; ${PID} is its process"),
  proxy: described(Text, "Address of the server; default http://localhost:${PORT}"),
  checkEndpoint: described(Text, "Path that answers 200 once it is ready, or none; default /health"),
  ttl: described(
    whole("seconds, -1 or more", -1),
    "Seconds without use until it is unloaded; 0: never; -1: globalTTL",
  ),
  unloadTimeout: described(
    whole("seconds, 0 or more"),
    "Seconds from asking it to stop to killing it; 0: the global one",
  ),
  env: described(Texts, "Variables for its environment, each NAME=value"),
  aliases: described(v.array(Alias, "a list of names"), "Further names, each unique"),
  useModelName: described(Text, "The name that the server is asked by"),
  filters: described(Filters, "What is changed in requests"),
  concurrencyLimit: described(
    whole("a number of requests"),
    "Requests at a time; the others wait. 0: no limit",
  ),
  queueLimit: described(whole("a number of requests"), "hearth's own: requests that may wait; default 1000"),
  queueTimeout: described(Seconds, "hearth's own: longest time that a request waits; 0: no limit"),
  memory: described(Size, "hearth's own: memory that it takes, for the memory budget"),
  warmUp: described(Flag, "hearth's own: ready only after a first request of one token"),
  healthCheck: described(
    mapping({
      interval: v.pipe(Seconds, v.minValue(1, "1 s or more")),
      failures: described(
        whole("a number of checks, 1 or more", 1),
        "Checks that must fail in a row; default 3",
      ),
    }),
    "hearth's own: looks at the ready server from time to time while it is unused, and starts it anew when it fails",
  ),
  unlisted: described(Flag, "Left out of /v1/models"),
  name: described(Text, "Name for people"),
  description: described(Text, "Description for people"),
  metadata: described(Params, "Passed on in /v1/models"),
  capabilities: described(Capabilities, "What the model can do; passed on in /v1/models"),
  sendLoadingState: described(
    v.union([Flag, v.literal("comments")], "true, false or comments"),
    "Tell streaming clients that the model loads: in the reasoning field, or by SSE comments",
  ),
  timeouts: described(Timeouts, "Limits of the connection to the server"),
  macros: v.optional(v.unknown()),
  compat: described(mapping({ ignoreWebsockets: v.optional(Flag) }), "Accepted for llama-swap's sake"),
});

const Groups = v.record(
  v.string(),
  mapping({
    swap: described(Flag, "Only one of its members runs at a time; default true"),
    exclusive: described(Flag, "Its members unload those of other groups; default true"),
    persistent: described(Flag, "Other groups don't unload its members; default false"),
    members: v.pipe(Texts, v.description("Names of models")),
  }),
  "groups by name",
);

const Matrix = mapping({
  vars: v.pipe(v.record(v.string(), Text, "models by short name"), v.description("Models by a short name")),
  evict_costs: described(
    v.record(v.string(), whole("a cost, 1 or more", 1), "costs by short name"),
    "What unloading a model costs, relative to others; default 1",
  ),
  sets: v.pipe(
    v.record(v.string(), Text, "sets by name"),
    v.description("Models that may run together: a & (b | c), +set"),
  ),
});

const Peer = mapping({
  proxy: v.pipe(Text, v.description("Address that requests are sent to")),
  apiKey: described(Text, "Key that requests are sent with"),
  models: v.pipe(Texts, v.description("Names of the models that it serves")),
  filters: described(Filters, "What is changed in requests"),
  timeouts: described(Timeouts, "Limits of the connection"),
});

const Selector = mapping({
  strategy: v.pipe(
    v.picklist(["pin", "warm", "spillover"], "pin, warm or spillover"),
    v.description("pin: the first target; warm: one that is loaded; spillover: one that has room"),
  ),
  targets: v.pipe(Texts, v.description("Names of models, in the order in which they are preferred")),
  name: described(Text, "Name for people"),
  description: described(Text, "Description for people"),
  metadata: described(Params, "Passed on in /v1/models"),
  settings: described(
    mapping({
      spillover: described(
        whole("a number of requests", 1),
        "Requests per target before the next one gets some",
      ),
    }),
    "Of the strategy",
  ),
});

const Profile = mapping({
  description: described(Text, "Description for people"),
  pins: described(
    v.record(v.string(), v.nullable(Text), "names of models by name"),
    "Names that stand for others; null: there is no such model",
  ),
});

/** All top-level keys that speak of models. */
export const ModelSectionsSchema = mapping({
  models: described(v.record(v.string(), ModelEntry, "models by name"), "Model servers by name"),
  groups: described(Groups, "Which models run together"),
  matrix: described(Matrix, "Which models run together, as sets; in place of groups"),
  routing: described(
    mapping({
      router: v.optional(
        mapping({
          use: v.optional(v.picklist(["group", "matrix"], "group or matrix")),
          settings: v.optional(mapping({ groups: v.optional(Groups), matrix: v.optional(Matrix) })),
        }),
      ),
      scheduler: v.optional(
        mapping({
          use: v.optional(v.picklist(["fifo"], "fifo")),
          settings: v.optional(
            mapping({
              fifo: v.optional(
                mapping({
                  priority: described(
                    v.record(
                      v.string(),
                      whole("a whole number", Number.MIN_SAFE_INTEGER),
                      "numbers by model",
                    ),
                    "Models with a higher number are loaded first; default 0",
                  ),
                }),
              ),
            }),
          ),
        }),
      ),
    }),
    "llama-swap's newer place for groups, matrix and priorities",
  ),
  macros: described(v.unknown(), "Texts that ${NAME} stands for"),
  hooks: described(
    mapping({
      on_startup: described(
        mapping({
          preload: described(Texts, "Models to load"),
          profile: described(Text, "Profile whose names hold"),
        }),
        "When the server starts",
      ),
    }),
    "What to do when something happens",
  ),
  peers: described(
    v.record(v.string(), Peer, "peers by name"),
    "Servers elsewhere, and the models they serve",
  ),
  selectors: described(
    v.record(v.string(), Selector, "selectors by name"),
    "Virtual names for several models",
  ),
  profiles: described(
    v.record(v.string(), Profile, "profiles by name"),
    "Sets of names that stand for others",
  ),
  healthCheckTimeout: described(
    whole("seconds, 1 or more", 1),
    "Seconds that a model may take to be ready; default 120",
  ),
  globalTTL: described(
    whole("seconds, 0 or more"),
    "Seconds without use until a model is unloaded; 0: never",
  ),
  unloadTimeout: described(
    whole("seconds, 0 or more"),
    "Seconds from asking a model to stop to killing it; default 10",
  ),
  startPort: described(whole("a port", 1), "First of the ports that ${PORT} stands for; default 5800"),
  sendLoadingState: ModelEntry.entries.sendLoadingState,
  includeAliasesInList: described(Flag, "List aliases in /v1/models too"),
  apiKeys: described(
    v.array(
      v.union(
        [
          v.pipe(Text, v.nonEmpty()),
          mapping({
            key: v.pipe(Text, v.nonEmpty()),
            models: described(Texts, "Models that it may use; all when absent"),
            admin: described(Flag, "It may also see logs and control the server"),
          }),
        ],
        "a key, or a mapping with `key`",
      ),
      "a list of keys",
    ),
    "Keys, one of which a caller must send",
  ),
  fairnessWindow: described(
    Seconds,
    "hearth's own: longest time that a loaded model keeps others waiting; default 3s",
  ),
  upstream: described(
    mapping({ ignorePaths: described(Texts, "Patterns of paths below /upstream that never start a model") }),
    "The pass-through below /upstream",
  ),
  timeouts: described(Timeouts, "Limits for all models"),
});

export type ModelSectionValues = v.InferOutput<typeof ModelSectionsSchema>;
export type ModelEntryValues = v.InferOutput<typeof ModelEntry>;
