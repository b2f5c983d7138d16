import { HearthError } from "../../errors.ts";
import type { Filters, ModelConfig, PeerModel, ProxyLimits } from "../config/types.ts";
import type { Lease, ModelPool } from "../pool.ts";
import { pause } from "../process/wait.ts";
import { editParams, type Params } from "./edit-request.ts";
import { disarm } from "./foreign-content.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import { loadingNews } from "./loading-stream.ts";
import { type CallSpan, ModelCall } from "./model-call.ts";
import { shownTo } from "../failure-output.ts";
import { namesSeveralModels, withOneModel } from "./one-model.ts";
import { openaiError } from "./openai-error.ts";
import { passBody, readShort, shortLength } from "./pass-body.ts";
import { sseEvent } from "./sse.ts";
import { broken, type UpstreamAnswer, Upstreams } from "./upstream.ts";

/** A request that is on its way to a model. */
export interface GatewayRequest {
  readonly method: string;
  /** Path and query as the server is to get them. */
  readonly target: string;
  readonly headers: Headers;
  /** The client's leaving. */
  readonly signal: AbortSignal;
  /** The name that was asked for. */
  readonly name: string;
  readonly body: GatewayBody;
  /** The key was meant for hearth. */
  readonly dropsKey: boolean;
  /** Below `/upstream`: the server's compression and its pages are passed on. */
  readonly isPassThrough: boolean;
  /** The caller may see what models print, also where a failure ends with it. */
  readonly seesOutput: boolean;
  /** The key is for some models only: nothing in the request may name another. */
  readonly isLimited: boolean;
  /** Keeps this hearth at work until what it gives is called, with what broke the answer off, if something did. */
  readonly hold: () => (fault?: HearthError) => void;
  /** What it is called when the caller leaves in mid-answer. */
  readonly left: () => HearthError | undefined;
  /** Begins a span of the request's trace; undefined: nobody traces it. */
  readonly beginSpan?: ((call: CallFacts) => CallSpan) | undefined;
}

/** What is known of a call before it is made. */
export interface CallFacts {
  /** The model's id, or the name of a peer's. */
  readonly model: string;
  readonly baseUrl: string;
  readonly method: string;
  readonly target: string;
  /** What a JSON body asks for. */
  readonly params: Params | undefined;
}

/** What a request carries. */
export type GatewayBody =
  | { readonly kind: "none" }
  /** JSON: what was read of it, and the bytes as they came. */
  | { readonly kind: "json"; readonly bytes: Uint8Array; readonly params: Params }
  /** Anything else, whole or as a stream, in which the model stands already as it was asked for. */
  | {
      readonly kind: "bytes";
      /** Gives the body with the name that the server knows its model by. */
      readonly withModel: (name: string) => AsyncIterable<Uint8Array> | Uint8Array;
      /** Its length with that name; undefined: unknown. */
      readonly lengthWith: (name: string) => number | undefined;
    };

/** Who answers: a model of ours, or a peer. */
interface Destination {
  readonly id: string;
  /** It may serve further models, which nobody here is to reach with its key. */
  readonly isPeer: boolean;
  readonly baseUrl: string;
  readonly limits: ProxyLimits;
  readonly filters: Filters;
  readonly upstreamName: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  release(): void;
}

/** A request on its way to one destination. */
interface Forwarded {
  readonly request: GatewayRequest;
  readonly destination: Destination;
  readonly call: ModelCall;
}

/** Streams of these end with `data: [DONE]`; all others end as they like. */
const ENDS_WITH_DONE = /^\/(?:v1\/)?(?:chat\/)?completions(?:\?|$)/;

/** Connections to a server that has just ended, and the time in which its end becomes known. */
const MOST_ATTEMPTS = 4;
const ATTEMPT_MS = 25;

/** Sends requests to the models that they name, and their answers back. */
export class Gateway {
  readonly #pool: ModelPool;
  readonly #upstreams = new Upstreams();

  constructor(pool: ModelPool) {
    this.#pool = pool;
  }

  close(): void {
    this.#upstreams.close();
  }

  /**
   * Answers a request by the model that it names.
   *
   * @throws HearthError `model-unknown`, `model-unavailable`, `queue-full`, `queue-timeout`, `upstream-broken`,
   * `upstream-timeout`, `server-stopping`, `request-cancelled`
   */
  async answer(request: GatewayRequest): Promise<Response> {
    const { names, peerModels } = this.#pool.config;
    const peer = names.has(request.name) ? undefined : peerModels.get(request.name);
    if (peer !== undefined) return await this.#forward(request, peerDestination(peer, request.name), false);
    const id = this.#pool.idOf(request.name);
    const config = this.#pool.config.models.get(id) as ModelConfig;
    const loading = loadingStateFor(request, config);
    if (loading !== "none" && !this.#pool.isReady(id)) return this.#answerWhileLoading(request, id, loading);
    return await this.#answerByModel(request, id);
  }

  /**
   * A server that ended a moment ago is not known to be gone yet, and refuses the connection: nothing was sent, so the
   * request waits for the next one.
   */
  async #answerByModel(request: GatewayRequest, id: string): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const lease = await this.#acquire(id, request.signal);
      try {
        return await this.#forward(request, leaseDestination(lease), attempt < MOST_ATTEMPTS);
      } catch (error) {
        if (attempt === MOST_ATTEMPTS || !wasRefused(error)) throw error;
        await pause(ATTEMPT_MS * attempt, request.signal);
      }
    }
  }

  async #acquire(id: string, signal: AbortSignal): Promise<Lease> {
    try {
      return await this.#pool.acquire(id, signal);
    } catch (error) {
      if (error instanceof HearthError) throw error;
      throw new HearthError("request-cancelled", "The caller went away", { cause: error });
    }
  }

  async #forward(request: GatewayRequest, destination: Destination, mayRetry: boolean): Promise<Response> {
    const call = this.#beginCall(request, destination);
    let answer: UpstreamAnswer;
    try {
      answer = await this.#send({ request, destination, call });
    } catch (error) {
      destination.release();
      const fault = broken(destination.id, error);
      if (mayRetry && wasRefused(error)) call.forget(fault);
      else call.end(fault);
      throw error;
    }
    const headers = responseHeaders(answer.rawHeaders);
    disarm(headers, request.isPassThrough);
    const init = { status: answer.status, headers };
    call.answered(answer.status, headers);
    if (request.method === "HEAD" || answer.status === 204 || answer.status === 304) {
      answer.body.resume();
      destination.release();
      call.end();
      return new Response(null, init);
    }
    const length = shortLength(answer);
    if (length !== undefined) return await wholeAnswer(answer, length, init, { request, destination, call });
    const isEventStream = isSse(headers);
    if (isEventStream) {
      headers.set("x-accel-buffering", "no");
      headers.set("cache-control", headers.get("cache-control") ?? "no-cache");
    }
    return new Response(this.#passed({ request, destination, call }, answer, isEventStream), init);
  }

  #beginCall({ beginSpan, body, method, target }: GatewayRequest, { baseUrl, id }: Destination): ModelCall {
    const params = body.kind === "json" ? body.params : undefined;
    return new ModelCall(
      this.#pool.counts.of(id),
      beginSpan?.({ model: id, baseUrl, method, target, params }),
    );
  }

  #passed(
    { call, destination, request }: Forwarded,
    answer: UpstreamAnswer,
    isEventStream: boolean,
  ): ReadableStream<Uint8Array> {
    const release = request.hold();
    return passBody(answer, {
      model: destination.id,
      endsWithDone: isEventStream && ENDS_WITH_DONE.test(request.target),
      isEventStream: isEventStream && answer.body.headers["content-encoding"] === undefined,
      idleMs: destination.limits.idleMs,
      cancelled: () => (request.signal.aborted ? request.left() : undefined),
      onPiece: (bytes) => call.piece(bytes),
      onEnd(fault) {
        destination.release();
        call.end(fault);
        release(fault);
      },
      onLeft() {
        destination.release();
        call.end();
        release(request.left());
      },
    });
  }

  #send({ call, destination, request }: Forwarded): Promise<UpstreamAnswer> {
    const { dropsKey, headers, isPassThrough, method, signal } = request;
    const { body, length } = bodyFor(request, destination);
    const passedOn = requestHeaders(headers, { dropsKey, keepsEncoding: isPassThrough });
    // It belongs to the caller's `traceparent` (W3C Trace Context, 3.3), which ours replaces.
    if ("traceparent" in call.headers) delete passedOn["tracestate"];
    return this.#upstreams.send({
      model: destination.id,
      url: `${destination.baseUrl}${targetFor(request, destination)}`,
      method,
      headers: { ...passedOn, ...destination.headers, ...call.headers },
      body,
      bodyLength: length,
      limits: destination.limits,
      signal,
    });
  }

  /** The answer begins before the model is there; what goes wrong then is an event, since the status is sent. */
  #answerWhileLoading(request: GatewayRequest, id: string, kind: "comments" | "reasoning"): Response {
    const leaving = new AbortController();
    const signal = AbortSignal.any([request.signal, leaving.signal]);
    const news = loadingNews(kind, request.name);
    const release = request.hold();
    let fault: HearthError | undefined;
    const pump = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      news.begin((bytes) => {
        if (!leaving.signal.aborted) controller.enqueue(bytes);
      });
      try {
        const response = await this.#answerByModel({ ...request, signal }, id);
        news.end();
        fault = await copyInto(controller, response, id);
      } catch (error) {
        fault = request.signal.aborted ? request.left() : broken(id, error);
        // Cancelled by the owner the client still waits: only one that left is told nothing.
        if (!leaving.signal.aborted && fault !== undefined) {
          controller.enqueue(sseEvent(openaiError(shownTo(fault, request.seesOutput))));
        }
      } finally {
        news.end();
        release(leaving.signal.aborted ? request.left() : fault);
        if (!leaving.signal.aborted) controller.close();
      }
    };
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        void pump(controller);
      },
      cancel() {
        leaving.abort();
      },
    });
    const headers = new Headers({
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
    disarm(headers, false);
    return new Response(body, { headers });
  }
}

function wasRefused(error: unknown): boolean {
  const cause = error instanceof HearthError ? error.cause : undefined;
  return (cause as { code?: unknown } | undefined)?.code === "ECONNREFUSED";
}

async function wholeAnswer(
  answer: UpstreamAnswer,
  length: number,
  init: { status: number; headers: Headers },
  { call, destination }: Forwarded,
): Promise<Response> {
  try {
    const bytes = await readShort(answer, length, destination.id);
    call.whole(bytes);
    call.end();
    init.headers.delete("content-length");
    return new Response(bytes as BodyInit, init);
  } catch (error) {
    call.end(broken(destination.id, error));
    throw error;
  } finally {
    destination.release();
  }
}

/** An answer's stream goes on as it is; any other is an error, sent as an event and given. */
async function copyInto(
  controller: ReadableStreamDefaultController<Uint8Array>,
  response: Response,
  id: string,
): Promise<HearthError | undefined> {
  if (isSse(response.headers)) {
    for await (const chunk of response.body ?? []) {
      controller.enqueue(chunk);
      // The reader's own pace: what it has not taken waits in one place only.
      while ((controller.desiredSize ?? 1) < -MOST_AHEAD_CHUNKS)
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return undefined;
  }
  const { status } = response;
  controller.enqueue(sseEvent(errorIn(await response.text(), status)));
  return new HearthError("upstream-broken", `The server of "${id}" answered ${status}`, {
    status: status < 400 ? 502 : status,
  });
}

const MOST_AHEAD_CHUNKS = 256;

function errorIn(text: string, status: number): unknown {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "error" in body) return body;
  } catch {
    // Not JSON: told as it is.
  }
  return {
    error: { message: text.slice(0, 1000), type: "server_error", param: null, code: `status_${status}` },
  };
}

function isSse(headers: Headers): boolean {
  return /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
}

function leaseDestination({ baseUrl, config, release }: Lease): Destination {
  const { filters, id, limits, upstreamName } = config;
  return { id, isPeer: false, baseUrl, limits, filters, upstreamName, headers: {}, release };
}

function peerDestination({ model, peer }: PeerModel, name: string): Destination {
  const { apiKey, filters, limits, proxy } = peer;
  const headers: Record<string, string> =
    apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}`, "x-api-key": apiKey };
  return {
    id: name,
    isPeer: true,
    baseUrl: proxy,
    limits,
    filters,
    upstreamName: model,
    headers,
    release() {},
  };
}

/** Path and query for the server. One with further models gets no other name than the one that was checked. */
function targetFor({ isLimited, name, target }: GatewayRequest, destination: Destination): string {
  if (!isLimited && !destination.isPeer) return target;
  return withOneModel(target, destination.upstreamName ?? name);
}

function bodyFor(
  { body, isLimited, name }: GatewayRequest,
  destination: Destination,
): {
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly length?: number | undefined;
} {
  if (body.kind === "none") return { body: undefined };
  if (body.kind === "json") {
    const isChecked = isLimited || destination.isPeer;
    const edited =
      editParams(body.params, name, destination) ??
      (isChecked && namesSeveralModels(body.bytes) ? body.params : undefined);
    return { body: edited === undefined ? body.bytes : new TextEncoder().encode(JSON.stringify(edited)) };
  }
  const sentName = destination.upstreamName ?? name;
  return { body: body.withModel(sentName), length: body.lengthWith(sentName) };
}

/** A streaming client asks by `x-hearth-loading: comments`, or the config decides for it. */
function loadingStateFor({ body, headers }: GatewayRequest, config: ModelConfig) {
  if (body.kind !== "json" || body.params["stream"] !== true) return "none" as const;
  if (config.loadingState !== "none") return config.loadingState;
  return headers.get("x-hearth-loading") === "comments" ? ("comments" as const) : ("none" as const);
}
