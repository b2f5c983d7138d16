import { readFileSync } from "node:fs";
import * as v from "valibot";
import { parseYaml } from "../config/parse-document.ts";
import { HearthError } from "../errors.ts";
import { ServerBlock } from "../models/config/schema.ts";

const Text = v.string("a text");
const Names = v.union([Text, v.array(Text, "a list of texts")], "a text or a list of texts");
const Tolerance = v.pipe(v.number("a number"), v.minValue(0, "0 or more"));
const strict = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.strictObject(entries, "keys and values");

/** What an answer is held against; each gives a score from 0 to 1. */
const Expectation = v.variant(
  "type",
  [
    strict({ type: v.literal("exact"), value: Text, ignoreCase: v.optional(v.boolean("true or false")) }),
    strict({ type: v.literal("contains"), value: Names, ignoreCase: v.optional(v.boolean("true or false")) }),
    strict({ type: v.literal("regex"), pattern: Text }),
    strict({ type: v.literal("json"), schema: v.record(v.string(), v.unknown(), "a JSON Schema") }),
    strict({
      type: v.literal("number"),
      value: v.number("a number"),
      absolute: v.optional(Tolerance),
      relative: v.optional(Tolerance),
    }),
    strict({
      type: v.literal("tool"),
      name: Text,
      arguments: v.optional(v.record(v.string(), v.unknown(), "arguments by name")),
    }),
    strict({
      type: v.literal("code"),
      language: v.picklist(["python", "javascript"], "python or javascript"),
      test: v.optional(Text),
      stdout: v.optional(Text),
      timeout: v.optional(v.pipe(v.number("seconds"), v.minValue(0.1, "0.1 or more"))),
      image: v.optional(Text),
    }),
    strict({
      type: v.literal("judge"),
      rubric: Text,
      model: v.optional(Text),
      scale: v.optional(v.number("a number")),
    }),
    strict({ type: v.literal("module"), path: Text, options: v.optional(v.unknown()) }),
  ],
  "one of exact, contains, regex, json, number, tool, code, judge, module",
);

const Message = strict({
  role: v.picklist(["system", "user", "assistant", "tool"], "system, user, assistant or tool"),
  content: Text,
});
const Params = v.record(v.string(), v.unknown(), "parameters by name");

const Case = strict({
  id: Text,
  prompt: v.optional(Text),
  messages: v.optional(v.array(Message, "a list of messages")),
  tools: v.optional(v.array(v.record(v.string(), v.unknown()), "a list of tools")),
  params: v.optional(Params),
  expect: v.pipe(v.array(Expectation, "a list of expectations"), v.minLength(1, "at least one expectation")),
  tags: v.optional(v.array(Text, "a list of texts")),
});

const Suite = strict({
  name: Text,
  description: v.optional(Text),
  system: v.optional(Text),
  params: v.optional(Params),
  tools: v.optional(v.array(v.record(v.string(), v.unknown()), "a list of tools")),
  cases: v.pipe(v.array(Case, "a list of cases"), v.minLength(1, "at least one case")),
  /** A server that the run starts itself, as in hearth's config; a grid may change it. */
  server: v.optional(ServerBlock),
  /** Settings, each in turn with all others: of requests by their names there, of the server as `server.KEY`. */
  grid: v.optional(
    v.record(
      v.string(),
      v.pipe(v.array(v.unknown(), "a list of values"), v.minLength(1, "at least one value")),
    ),
  ),
});

export type Expectation = v.InferOutput<typeof Expectation>;
export type SuiteCase = v.InferOutput<typeof Case>;
export type Suite = v.InferOutput<typeof Suite>;

/**
 * Reads a suite of prompts and what is expected of their answers.
 *
 * @throws HearthError `config-invalid` with every problem, its line and column
 */
export function readSuite(path: string): Suite {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new HearthError("file-not-found", `There is no suite ${path}`, { cause });
  }
  return parseSuite(text, path);
}

/** As `readSuite`, of a text; `shown` names it in every message. */
export function parseSuite(text: string, shown: string): Suite {
  const { problems, values, where } = parseYaml(text, shown);
  if (problems.length > 0) throw new HearthError("config-invalid", problems.join("\n"));
  const { issues, output } = v.safeParse(Suite, values);
  const said = (issues ?? []).map((issue) => {
    const keys = (issue.path ?? []).map(({ key }) => String(key));
    const isUnknown = issue.type === "strict_object" && issue.expected === "never";
    const isMissing = issue.input === undefined;
    const what = isUnknown
      ? `unknown key "${keys.at(-1)}"`
      : isMissing
        ? "it is missing"
        : `expected ${issue.message}, got ${issue.received}`;
    return `${where(keys, isUnknown ? "key" : "value")}: ${keys.join(".")}: ${what}`;
  });
  const suite = output as Suite;
  if (said.length === 0)
    said.push(
      ...unfitting(suite).map(({ path, message }) => `${where(path)}: ${path.join(".")}: ${message}`),
    );
  if (said.length > 0) throw new HearthError("config-invalid", said.slice(0, 10).join("\n"));
  return suite;
}

function unfitting({ cases, grid = {}, server }: Suite): readonly Problem[] {
  const seen = new Set<string>();
  const keys = Object.keys(ServerBlock.entries);
  const ofServer = Object.keys(grid).filter((name) => name.startsWith(SERVER));
  const wrongGrid = ofServer.flatMap((name): Problem[] => {
    const path = ["grid", name];
    if (server === undefined) return [{ path, message: "there is no server in the suite to change" }];
    const [key = ""] = name.slice(SERVER.length).split(".");
    return keys.includes(key) ? [] : [{ path, message: `a server has no "${key}"` }];
  });
  const wrongCases = cases.flatMap(({ expect, id, messages, prompt }, index) => {
    const path = ["cases", String(index)];
    const problems: Problem[] = [];
    if (seen.has(id))
      problems.push({ path: [...path, "id"], message: `"${id}" is another case's id already` });
    seen.add(id);
    if ((prompt === undefined) === (messages === undefined)) {
      problems.push({ path, message: "give either prompt or messages" });
    }
    for (const [i, one] of expect.entries()) {
      if (one.type === "code" && one.test === undefined && one.stdout === undefined) {
        problems.push({ path: [...path, "expect", String(i)], message: "give test, stdout or both" });
      }
    }
    return problems;
  });
  return [...wrongGrid, ...wrongCases];
}

/** Stands before the names of a grid that change the server. */
export const SERVER = "server.";

interface Problem {
  readonly path: string[];
  readonly message: string;
}
