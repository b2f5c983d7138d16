import { type BodyBudgets, BodyRoom } from "./body-room.ts";
import type { Caller } from "../src/access/caller.ts";
import { HearthError, type Hints } from "../src/errors.ts";
import type { RequestSpan } from "../src/tracing/types.ts";
import { type KeyAccess, NO_ACCESS } from "./key-access.ts";

/** What all requests to one server share. */
export interface RequestHost {
  /** What to do about failures, in the words of who answers. */
  readonly hints: Hints;
  /** Counts a request as running; what it returns ends that, once. A watching request does not count as use. */
  readonly enter: (kind: "use" | "watch") => (endedMs?: number) => void;
  /** Calls `listener` when the server begins to stop; what it gives takes that back. */
  readonly onStopping: (listener: () => void) => () => void;
  /** Memory that large bodies share. */
  readonly bodies: BodyBudgets;
}

/**
 * One request from when it came until its answer has been sent whole: what the guard knows of it and the routes need. Its
 * methods stand on the class, since every request makes one.
 */
export class RequestContext {
  /** Also in the answer's `x-request-id` and in the log. */
  readonly requestId: string;
  /** Where the app is mounted in another, such as "/hearth"; "" at the root. */
  readonly prefix: string;
  readonly kind: "use" | "watch";
  /** Where requests are traced, this one's span. */
  readonly span: RequestSpan | undefined;
  /** Who is asking; read from the headers when first asked for. An embedding program may say it later. */
  caller: () => Caller;
  /** What the caller may do; nothing before the guard has let it in. */
  access: KeyAccess = NO_ACCESS;
  /** The model that answers; undefined: none, or not known yet. */
  model: string | undefined = undefined;
  readonly #host: RequestHost;
  readonly #request: Request;
  #cancelling: AbortController | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;
  #onEnd: (() => void) | undefined = undefined;
  #onOver: (() => void) | undefined = undefined;
  #onFault: ((error: unknown) => void) | undefined = undefined;
  #holds = 0;
  #hasHead = false;
  /** What broke the answer off after its head was sent; the first counts. */
  failure: HearthError | undefined = undefined;
  /** The answer has no end of its own, such as a stream of events: that its reader leaves is how it ends. */
  isEndless = false;

  constructor(
    host: RequestHost,
    request: Request,
    facts: {
      readonly requestId: string;
      readonly prefix: string;
      readonly kind: "use" | "watch";
      readonly caller: () => Caller;
      readonly span: RequestSpan | undefined;
    },
  ) {
    this.#host = host;
    this.#request = request;
    this.requestId = facts.requestId;
    this.prefix = facts.prefix;
    this.kind = facts.kind;
    this.caller = facts.caller;
    this.span = facts.span;
  }

  get hints(): Hints {
    return this.#host.hints;
  }

  /** A place for the request's body, to be freed with its end. */
  bodyRoom(signal: AbortSignal): BodyRoom {
    return new BodyRoom(this.#host.bodies, signal);
  }

  /** Calls `listener` when the server begins to stop; what it gives takes that back. */
  onStopping(listener: () => void): () => void {
    return this.#host.onStopping(listener);
  }

  /** Aborts when the caller leaves, or when the owner cancels the request. */
  get signal(): AbortSignal {
    this.#cancelling ??= new AbortController();
    return (this.#signal ??= AbortSignal.any([this.#request.signal, this.#cancelling.signal]));
  }

  /** Asks its work to end; whoever waits for its answer is told. */
  cancel(): void {
    this.#abort(new HearthError("request-cancelled", "The request was cancelled by the server's owner"));
  }

  /**
   * Something was thrown for this request where nobody catches it: the request fails, and what it still does is aborted.
   * False: it had its answer already.
   */
  fault(error: unknown): boolean {
    const failing = this.#onFault;
    this.#onFault = undefined;
    failing?.(error);
    this.#abort(new HearthError("internal", "The request failed", { cause: error }));
    return failing !== undefined;
  }

  /** Calls `onFault` in place of the answer, once, if the request fails before it has one. */
  whenFaulted(onFault: ((error: unknown) => void) | undefined): void {
    this.#onFault = onFault;
  }

  #abort(reason: HearthError): void {
    this.#cancelling ??= new AbortController();
    this.#cancelling.abort(reason);
  }

  /**
   * Keeps the request counted as running, for an answer that streams on; call what it returns when it ends, with what
   * broke it off, if something did.
   */
  hold(): (failure?: HearthError) => void {
    const release = this.#host.enter(this.kind);
    const endSpan = this.span?.hold();
    let isHeld = true;
    this.#holds += 1;
    return (failure) => {
      if (!isHeld) return;
      isHeld = false;
      this.failure ??= failure;
      release();
      endSpan?.();
      this.#holds -= 1;
      this.#endIfOver();
    };
  }

  /** The body of an answer that streams. HEAD has none: the stream ends at once. (Bun makes no `Response` of an ended one.) */
  streamed(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> | null {
    if (this.#request.method !== "HEAD") return body;
    this.isEndless = true;
    void body.cancel().catch(() => {});
    return null;
  }

  /** The caller left before its answer was sent whole; `undefined` where that is its usual end. */
  left(): HearthError | undefined {
    return this.isEndless || this.kind === "watch" ? undefined : callerLeft(this.#cancelling?.signal);
  }

  /** Calls `onEnd` once, when the answer has been sent. */
  whenOver(onEnd: () => void): void {
    this.#onEnd = onEnd;
  }

  /** The answer's head is there; `onOver` is called when the rest of it is, at once where there is no rest. */
  answered(onOver: () => void): void {
    this.#hasHead = true;
    this.#onOver = onOver;
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (!this.#hasHead || this.#holds > 0) return;
    this.#onOver?.();
    this.#onOver = undefined;
    this.#onEnd?.();
    this.#onEnd = undefined;
  }
}

function callerLeft(cancelling: AbortSignal | undefined): HearthError {
  if (cancelling?.aborted === true && cancelling.reason instanceof HearthError) return cancelling.reason;
  return new HearthError("request-cancelled", "The caller left before the end of the answer");
}
