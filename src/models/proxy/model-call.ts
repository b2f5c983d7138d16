import type { HearthError } from "../../errors.ts";
import type { ModelCounts } from "../model-counts.ts";
import { type Usage, usageOf, UsageWatch } from "./usage.ts";

/** Who follows one call besides the counts: a span of a trace. */
export interface CallSpan {
  /** Headers that go on to the model's server, in place of the caller's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends it, once. */
  end(result: CallResult): void;
}

/** How a call ended. */
export interface CallResult {
  /** Undefined: no answer came. */
  readonly status: number | undefined;
  readonly error: HearthError | undefined;
  readonly usage: Usage | undefined;
  /** Milliseconds until the first piece of a streamed answer. */
  readonly firstTokenMs: number | undefined;
}

/** One request on its way to a model's server and back: what is counted of it. */
export class ModelCall {
  readonly #counts: ModelCounts;
  readonly #span: CallSpan | undefined;
  readonly #sentMs = performance.now();
  #watch: UsageWatch | undefined;
  #usage: Usage | undefined;
  #tellsUsage = false;
  #awaitsToken = false;
  #firstTokenMs: number | undefined;
  #status: number | undefined;
  #isOver = false;

  constructor(counts: ModelCounts, span: CallSpan | undefined) {
    this.#counts = counts;
    this.#span = span;
  }

  /** Headers for the model's server. */
  get headers(): Readonly<Record<string, string>> {
    return this.#span?.headers ?? {};
  }

  /** The head of the answer is there. */
  answered(status: number, headers: Headers): void {
    this.#status = status;
    const type = headers.get("content-type") ?? "";
    const isEventStream = /^text\/event-stream\b/i.test(type);
    const isReadable = isEventStream || /^application\/json\b/i.test(type);
    this.#tellsUsage = status < 300 && isReadable && !headers.has("content-encoding");
    this.#awaitsToken = this.#tellsUsage && isEventStream;
  }

  /** A piece of the answer passes by. */
  piece(bytes: Uint8Array): void {
    if (this.#awaitsToken) {
      this.#awaitsToken = false;
      this.#firstTokenMs = performance.now() - this.#sentMs;
      this.#counts.firstToken.add(this.#firstTokenMs);
    }
    if (this.#tellsUsage) (this.#watch ??= new UsageWatch()).piece(bytes);
  }

  /** The answer is there in one piece. */
  whole(bytes: Uint8Array): void {
    if (this.#tellsUsage) this.#usage = usageOf(bytes);
  }

  /** The last piece has come, or nobody wants more. */
  end(error?: HearthError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const usage = this.#usage ?? this.#watch?.read();
    const { statuses, tokens } = this.#counts;
    tokens.input += usage?.input ?? 0;
    tokens.output += usage?.output ?? 0;
    const status = this.#status ?? error?.status;
    if (status !== undefined) statuses.add(status);
    this.#span?.end({ status: this.#status, error, usage, firstTokenMs: this.#firstTokenMs });
  }

  /** Nothing was sent: another try counts. */
  forget(error: HearthError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#span?.end({ status: undefined, error, usage: undefined, firstTokenMs: undefined });
  }
}
