import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { HearthClient } from "../client/client.ts";
import { chatRequest } from "../client/models.ts";
import { HearthError } from "../errors.ts";
import { randomNumbers } from "../bench/random.ts";
import { expectationsFingerprint, fingerprint } from "./fingerprint.ts";
import { scoreAnswer } from "./scorers/index.ts";
import { SERVER, type Suite, type SuiteCase } from "./suite.ts";
import { toolCallsOf } from "./tool-calls.ts";
import type { Answer, AskModel, CaseResult } from "./types.ts";

export interface EvalOptions {
  readonly suite: Suite;
  /** The suite's file: relative paths in it start beside it. */
  readonly suitePath: string;
  readonly client: HearthClient;
  readonly model: string;
  /** What the model is besides its name, such as its server's command: answers of another one are not reused. */
  readonly modelIdentity?: unknown;
  /** Only these points of the grid, by the settings of the server that `client` asks. */
  readonly serverPoint?: Readonly<Record<string, unknown>>;
  /** Results, a line each; a run that goes on leaves out what is in it already. */
  readonly resultsPath: string;
  /** Throws earlier results away. */
  readonly isFresh?: boolean;
  /** Requests at a time; default 4. */
  readonly concurrency?: number;
  /** Answers to each case; default 1. */
  readonly samples?: number;
  /** Of the requests and of the order of cases; default 0. */
  readonly seed?: number;
  readonly allowsUnsandboxed?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number, result: CaseResult) => void;
  /** Told before the first request how many answers of an earlier run are used again. */
  readonly onReused?: (reused: Reused) => void;
}

/** Answers of an earlier run that are used again. */
export interface Reused {
  readonly answers: number;
  /** Those among them that are scored again, since something else is expected now. */
  readonly rescored: number;
}

interface Task {
  readonly key: string;
  readonly asked: string;
  readonly expected: string;
  readonly request: ModelRequest;
  readonly one: SuiteCase;
  readonly sample: number;
  readonly point: Readonly<Record<string, unknown>>;
}

/**
 * Asks a model every case of a suite, at every point of its grid, and scores the answers. Each result is written as soon as
 * it is there, so that a run which was cut off goes on where it was.
 *
 * @returns the results of these points, in the suite's order
 * @throws HearthError `config-invalid` for a file with results of something else
 */
export async function runSuite(options: EvalOptions): Promise<readonly CaseResult[]> {
  const {
    concurrency = 4,
    isFresh = false,
    onProgress,
    onReused,
    resultsPath,
    seed = 0,
    serverPoint = {},
    signal,
  } = options;
  const all = tasksOf(options);
  const tasks = all.filter(({ point }) => isDeepStrictEqual(serverPart(point), serverPoint));
  const done = isFresh ? new Map<string, CaseResult>() : earlierResults(resultsPath, all, tasks);
  if (isFresh) writeFileSync(resultsPath, "");
  const open = shuffled(
    tasks.filter(({ expected, key }) => done.get(key)?.expected !== expected),
    seed,
  );
  const rescored = open.filter(({ key }) => done.has(key)).length;
  onReused?.({ answers: tasks.length - open.length + rescored, rescored });
  let finished = tasks.length - open.length;
  const isStopped = () => signal?.aborted === true;
  const worker = async () => {
    for (let task = open.shift(); task !== undefined; task = open.shift()) {
      if (isStopped()) return;
      const result = await runTask(task, options, done.get(task.key));
      if (isStopped() && result.error !== undefined) return;
      appendFileSync(resultsPath, `${JSON.stringify(result)}\n`);
      done.set(result.key, result);
      onProgress?.((finished += 1), tasks.length, result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, open.length) }, worker));
  return tasks.flatMap(({ key }) => done.get(key) ?? []);
}

function tasksOf(options: EvalOptions): readonly Task[] {
  const { model, modelIdentity = null, samples = 1, suite, suitePath } = options;
  const folder = dirname(resolve(suitePath));
  return pointsOf(suite.grid ?? {}).flatMap((point) =>
    suite.cases.flatMap((one) => {
      const expected = expectationsFingerprint(one.expect, folder);
      return Array.from({ length: samples }, (_, sample) => {
        const request = requestOf({ one, point, sample }, options);
        const asked = fingerprint([model, modelIdentity, request]);
        const key = JSON.stringify([suite.name, model, one.id, sample, point]);
        return { key, asked, expected, request, one, sample, point };
      });
    }),
  );
}

type ModelRequest = Parameters<AskModel>[0];

function requestOf(
  { one, point, sample }: Pick<Task, "one" | "point" | "sample">,
  { seed = 0, suite }: EvalOptions,
): ModelRequest {
  const system = suite.system === undefined ? [] : [{ role: "system", content: suite.system }];
  const messages = one.messages ?? [...system, { role: "user", content: one.prompt ?? "" }];
  const ofRequest = Object.entries(point).filter(([name]) => !name.startsWith(SERVER));
  const params = { seed: seed + sample, ...suite.params, ...one.params, ...Object.fromEntries(ofRequest) };
  return { messages, params, tools: one.tools ?? suite.tools };
}

/** Every combination of the grid's values; without a grid the one point that changes nothing. */
export function pointsOf(
  grid: Readonly<Record<string, readonly unknown[]>>,
): readonly Readonly<Record<string, unknown>>[] {
  return Object.entries(grid).reduce<readonly Readonly<Record<string, unknown>>[]>(
    (points, [name, values]) =>
      points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}

/** The settings of a point that belong to the server. */
export function serverPart(point: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(point).filter(([name]) => name.startsWith(SERVER)));
}

/** Results that were written before, the last of each key; a last line that was cut off is left out. */
export function readResults(path: string): readonly CaseResult[] {
  if (!existsSync(path)) throw new HearthError("file-not-found", `There are no results ${path}`);
  const lines = readFileSync(path, "utf8").split("\n");
  const results = lines.flatMap((line, index) => {
    if (line === "") return [];
    try {
      const result = JSON.parse(line) as CaseResult;
      if (typeof result.key === "string" && Array.isArray(result.scores)) return result;
    } catch {
      if (index === lines.length - 1) return [];
    }
    throw new HearthError("config-invalid", `${path}:${index + 1}: this is no result of hearth eval`, {
      hint: "Name another file by --output, or start over with --fresh.",
    });
  });
  return [...new Map(results.map((result) => [result.key, result])).values()];
}

/** Results that still hold: answers to what is asked now. A failed request is asked again; an answer is an answer. */
function earlierResults(path: string, all: readonly Task[], tasks: readonly Task[]): Map<string, CaseResult> {
  if (!existsSync(path)) return new Map();
  const before = readResults(path);
  const known = new Set(all.map(({ key }) => key));
  const stranger = before.find(({ key }) => !known.has(key));
  if (stranger !== undefined) {
    throw new HearthError("config-invalid", `${path} has results of something else: ${stranger.key}`, {
      hint: "Name another file by --output, or start over with --fresh.",
    });
  }
  const askedNow = new Map(tasks.map(({ asked, key }) => [key, asked]));
  // Of other points of the grid nothing is known here: their server says what they were asked.
  const holds = ({ asked, error, key }: CaseResult) =>
    !askedNow.has(key) || (error === undefined && asked === askedNow.get(key));
  const earlier = before.filter(holds);
  // The rest of a line that was cut off must not become the beginning of the next.
  writeFileSync(path, earlier.map((result) => `${JSON.stringify(result)}\n`).join(""));
  return new Map(earlier.map((result) => [result.key, result]));
}

/** @param earlier an answer to the same request, which is only scored again */
async function runTask(
  { asked, expected, key, one, point, request, sample }: Task,
  options: EvalOptions,
  earlier: CaseResult | undefined,
): Promise<CaseResult> {
  const { allowsUnsandboxed = false, suitePath } = options;
  const prompt = request.messages.map(({ content }) => content).join("\n");
  const base = { key, asked, expected, case: one.id, sample, point, prompt };
  const ask = askerOf(options);
  try {
    const answer: Answer = earlier === undefined ? await ask(request) : { ...earlier, text: earlier.answer };
    const context = { case: one, ask, folder: dirname(resolve(suitePath)), allowsUnsandboxed };
    const scores = await Promise.all(one.expect.map((expected) => scoreAnswer(expected, answer, context)));
    const ran = scores.flatMap(({ value }) => value ?? []);
    return {
      ...base,
      answer: answer.text,
      toolCalls: answer.toolCalls,
      scores,
      score: ran.length === 0 ? null : ran.reduce((sum, value) => sum + value, 0) / ran.length,
      error: undefined,
      seconds: answer.seconds,
      tokens: answer.tokens,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ...base,
      answer: "",
      toolCalls: [],
      scores: [],
      score: null,
      error: reason,
      seconds: 0,
      tokens: null,
    };
  }
}

interface Completion {
  readonly choices?: readonly {
    readonly message?: {
      readonly content?: string | null;
      readonly tool_calls?: Parameters<typeof toolCallsOf>[0];
    };
  }[];
  readonly usage?: { readonly completion_tokens?: number };
}

function askerOf({ client, model, signal }: EvalOptions): AskModel {
  return async ({ messages, model: named, params, tools }): Promise<Answer> => {
    const beganMs = performance.now();
    const body = { model: named ?? model, messages, ...params, ...(tools === undefined ? {} : { tools }) };
    const completion = await client.json<Completion>(chatRequest(body, signal));
    const message = completion.choices?.[0]?.message;
    const text = message?.content ?? "";
    return {
      text,
      toolCalls: toolCallsOf(message?.tool_calls ?? undefined, text),
      seconds: (performance.now() - beganMs) / 1000,
      tokens: completion.usage?.completion_tokens ?? null,
    };
  };
}

/** In another order, the same for the same seed: neighbours in a suite are alike, and their loads too. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = randomNumbers(seed);
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
  }
  return mixed;
}
