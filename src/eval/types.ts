import type { SuiteCase } from "./suite.ts";

/** A call of a tool that an answer makes. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Where it was found: in the answer's structured part, or in its text. */
  readonly source: "structured" | "text";
}

/** What a model answered. */
export interface Answer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly seconds: number;
  readonly tokens: number | null;
}

/** How well an answer does; null: the scorer could not run, and the case's score leaves it out. */
export interface Score {
  readonly type: string;
  readonly value: number | null;
  /** Why it is not whole, in words. */
  readonly reason: string | undefined;
}

/** One answered case, a line of the results. */
export interface CaseResult {
  /** Suite, case and point of the grid: a run that goes on leaves out what has one. */
  readonly key: string;
  /** Fingerprint of all that was asked: prompts, parameters, tools, the model and how its server is started. */
  readonly asked?: string;
  /** Fingerprint of what the answer was held against. */
  readonly expected?: string;
  readonly case: string;
  readonly sample: number;
  /** Settings of the grid at this point. */
  readonly point: Readonly<Record<string, unknown>>;
  readonly prompt: string;
  readonly answer: string;
  readonly toolCalls: readonly ToolCall[];
  readonly scores: readonly Score[];
  /** The mean of the scores that ran; null: none did, or the request failed. */
  readonly score: number | null;
  /** Why there is no answer. */
  readonly error: string | undefined;
  readonly seconds: number;
  readonly tokens: number | null;
}

/** Asks a model; what judges and other scorers need. */
export type AskModel = (request: {
  readonly model?: string | undefined;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly params?: Readonly<Record<string, unknown>>;
  readonly tools?: readonly Readonly<Record<string, unknown>>[] | undefined;
}) => Promise<Answer>;

/** What scorers get of the run. */
export interface ScoreContext {
  readonly case: SuiteCase;
  readonly ask: AskModel;
  /** Of the suite's file: where relative paths start. */
  readonly folder: string;
  /** Code may run without a sandbox. */
  readonly allowsUnsandboxed: boolean;
}
