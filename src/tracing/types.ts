import type { HearthError } from "../errors.ts";
import type { CallFacts } from "../models/proxy/gateway.ts";
import type { CallSpan } from "../models/proxy/model-call.ts";

/** A request as it comes in. */
export interface RequestFacts {
  readonly method: string;
  /** The pattern, or "unknown"; never the path of a request. */
  readonly route: string;
  readonly requestId: string;
  /** A header of the request by its lower-case name, or null. */
  readonly header: (name: string) => string | null;
}

/** The span of one request. It ends with the answer's head, or with the last stream that holds it. */
export interface RequestSpan {
  /** Begins the span of a call to a model's server. */
  beginCall(call: CallFacts): CallSpan;
  /** Keeps it open until what this gives is called. */
  hold(): () => void;
  /** The head of the answer is ready. */
  answered(status: number, error: HearthError | undefined): void;
}

/** Traces of one hearth's requests. */
export interface Tracing {
  begin(request: RequestFacts): RequestSpan;
  /** Sends what is left; settles when it is sent or given up. Never rejects. */
  close(): Promise<void>;
}
