import type {
  FieldsAnswer,
  HealthAnswer,
  InterfaceCheckAnswer,
  OperationsAnswer,
  PingAnswer,
  SessionFacts,
  StatusAnswer,
  TableAnswer,
  WriteAnswer,
} from "./answers.ts";
import {
  type ComputeInput,
  computeRequest,
  type DataBody,
  type FieldsOptions,
  fieldsRequest,
  type InterfaceOptions,
  interfaceRequest,
  type ReadOptions,
  type ReadSource,
  readRequest,
  writeBodyRequest,
  type WriteOutput,
  writeRowsRequest,
} from "./build-request.ts";
import type { Connection } from "./connection.ts";
import type { StreamFormat } from "./formats.ts";
import type { ClientOptions, RequestOptions } from "./options.ts";
import { parseAnswer } from "./parse-answer.ts";
import { loadRequest, type ModelFacts, modelsRequest, unloadRequest } from "./models.ts";
import { newSessionRequest, type NewSessionOptions, SessionClient, sessionsRequest } from "./session.ts";
import { streamAnswer } from "./stream-answer.ts";
import { type ClientRequest, readText, send, type SendDefaults } from "./send.ts";
import { onceUnlessFailed } from "../once-unless-failed.ts";

/** Seconds for answers that a healthy server gives at once. */
const QUICK_TIMEOUT_SECONDS = 10;
const DEFAULT_RETRIES = 3;

/** Rows as plain objects. */
export type Rows = readonly Readonly<Record<string, unknown>>[];

/**
 * A client of one hearth server. It connects at the first call, starts the local server when none runs, repeats what
 * can be repeated without harm, and throws `HearthError` with `code`, `status`, `hint` and `requestId`.
 *
 * @example
 * const hearth = createClient();
 * const { records } = await hearth.read<{ city: string; population: number }>("cities.csv");
 */
export class HearthClient {
  readonly #open: () => Promise<Connection>;
  readonly #defaults: SendDefaults;
  readonly #closing = new AbortController();

  /** @param open makes the connection, when it is first needed */
  constructor(open: () => Promise<Connection>, options: ClientOptions = {}) {
    this.#open = onceUnlessFailed(open);
    const signal = options.signal;
    this.#defaults = {
      timeoutSeconds: options.timeoutSeconds ?? 0,
      retries: options.retries ?? DEFAULT_RETRIES,
      onNotice: options.onNotice,
      signals: signal === undefined ? [this.#closing.signal] : [this.#closing.signal, signal],
    };
  }

  /** Asks whether the server is there; starts it when not. */
  async ping(options: RequestOptions = {}): Promise<PingAnswer> {
    return await this.#get("/api/ping", options);
  }

  async health(options: RequestOptions = {}): Promise<HealthAnswer> {
    return await this.#get("/api/health", options);
  }

  async status(options: RequestOptions = {}): Promise<StatusAnswer> {
    return await this.#get("/api/status", options);
  }

  /**
   * Reads a table. Whole numbers beyond 2^53 are bigints. Throws what reading throws: `file-not-found`, `data-invalid`,
   * `type-unknown`, ...
   */
  async read<R = Readonly<Record<string, unknown>>>(
    source: ReadSource,
    options: ReadOptions = {},
  ): Promise<TableAnswer<R>> {
    return (await this.json<{ data: TableAnswer<R> }>(readRequest(source, "json", options))).data;
  }

  /** Reads a table in another format, as a whole. */
  async readBytes(source: ReadSource, format: StreamFormat, options: ReadOptions = {}): Promise<Uint8Array> {
    const stream = await this.readStream(source, format, options);
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** Reads a table in another format, in pieces. A break on the way rejects a read of the stream. */
  async readStream(
    source: ReadSource,
    format: StreamFormat,
    options: ReadOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return await this.stream(readRequest(source, format, options));
  }

  /**
   * Writes rows, or data in a body (a stream of any length, with bounded memory). It is never written twice:
   * `maybe-written` says that the connection broke before the answer.
   */
  async write(
    data: Rows | DataBody,
    output: WriteOutput,
    options: RequestOptions = {},
  ): Promise<WriteAnswer> {
    const request = isRows(data)
      ? writeRowsRequest(data, output, options)
      : writeBodyRequest(data, output, options);
    // A stream can be sent only once, so a server must be there before it is touched.
    if (request.body instanceof ReadableStream) await this.ping();
    return await this.json<WriteAnswer>(request);
  }

  /** Runs an operation and gives its table, or whatever else it results in. */
  async compute<T = TableAnswer>(operation: string, input: ComputeInput = {}): Promise<T> {
    return (await this.json<{ result: T }>(computeRequest(operation, "json", input))).result;
  }

  /** Runs an operation and gives its table in another format, in pieces. */
  async computeStream(
    operation: string,
    format: StreamFormat,
    input: ComputeInput = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return await this.stream(computeRequest(operation, format, input));
  }

  /** What can be computed. */
  async operations(options: RequestOptions = {}): Promise<OperationsAnswer> {
    return await this.json<OperationsAnswer>({ method: "GET", path: "/api/operations", ...options });
  }

  /** One field of an interface, inherited ones included; null when it has none. */
  async field(interfaceFile: string, field: string, options: InterfaceOptions = {}): Promise<unknown> {
    const request = interfaceRequest("read", interfaceFile, field, options);
    return (await this.json<{ value: unknown }>(request)).value;
  }

  /** Fields of a text's front matter, else of its configs. */
  async fields(file: string, fields: readonly string[], options: FieldsOptions = {}): Promise<FieldsAnswer> {
    return await this.json<FieldsAnswer>(fieldsRequest(file, fields, options));
  }

  /** What an interface is made of, and what is wrong with it. */
  async checkInterface(file: string, options: InterfaceOptions = {}): Promise<InterfaceCheckAnswer> {
    return await this.json<InterfaceCheckAnswer>(interfaceRequest("check", file, undefined, options));
  }

  /** Makes a session of an interface. */
  async createSession(interfaceFile: string, options: NewSessionOptions = {}): Promise<SessionClient> {
    const { session } = await this.json<{ session: SessionFacts }>(newSessionRequest(interfaceFile, options));
    return this.session(session.session_id);
  }

  /** A session by its id; nothing is asked before it is used. */
  session(id: string): SessionClient {
    return new SessionClient(this, id);
  }

  /** All sessions. */
  async sessions(options: RequestOptions = {}): Promise<readonly SessionFacts[]> {
    return (await this.json<{ sessions: readonly SessionFacts[] }>(sessionsRequest(options))).sessions;
  }

  /** All models of the config, and how they stand; none is started. */
  async models(options: RequestOptions = {}): Promise<readonly ModelFacts[]> {
    return (await this.json<{ models: readonly ModelFacts[] }>(modelsRequest(options))).models;
  }

  /** Loads a model, and waits until it is ready. Throws `model-unknown`, `model-unavailable`. */
  async loadModel(name: string, options: RequestOptions = {}): Promise<ModelFacts> {
    return (await this.json<{ model: ModelFacts }>(loadRequest(name, options))).model;
  }

  /** Unloads a model after its running requests; without a name all of them. */
  async unloadModel(name?: string, options: RequestOptions = {}): Promise<void> {
    await this.json(unloadRequest(name, options));
  }

  /** Any request whose answer is JSON. */
  async json<T>(request: ClientRequest): Promise<T> {
    const text = await send(await this.#open(), request, this.#defaults, readText);
    return await parseAnswer<T>(text);
  }

  /** Any request, answered as a stream of bytes; the time limit ends with the answer's head. */
  async stream(request: ClientRequest): Promise<ReadableStream<Uint8Array>> {
    const connection = await this.#open();
    return await send(connection, request, this.#defaults, async (response, deadline) =>
      streamAnswer(response, deadline, connection),
    );
  }

  /** Any request, with the answer as it came; statuses of 400 and above throw. */
  async request(request: ClientRequest): Promise<Response> {
    const connection = await this.#open();
    return await send(connection, request, this.#defaults, async (response, deadline) => {
      if (response.body === null) return response;
      const { headers, status, statusText } = response;
      const body = streamAnswer(response, deadline, connection);
      return new Response(body, { headers, status, statusText });
    });
  }

  /** Ends what is running; the server goes on. */
  close(): void {
    this.#closing.abort();
  }

  /** The client's own limit where it is shorter. */
  get #quickSeconds(): number {
    return Math.min(this.#defaults.timeoutSeconds || QUICK_TIMEOUT_SECONDS, QUICK_TIMEOUT_SECONDS);
  }

  async #get<T>(path: string, options: RequestOptions): Promise<T> {
    // The short limit is for answers; a start has only the limit that the caller sets.
    const startTimeoutSeconds = options.timeoutSeconds ?? this.#defaults.timeoutSeconds;
    const timeoutSeconds = this.#quickSeconds;
    return await this.json<T>({ method: "GET", path, timeoutSeconds, startTimeoutSeconds, ...options });
  }
}

/**
 * A client for scripts: of the local server that `hearth` would use here, or of the one at `options.url`. Nothing is
 * read or asked before the first call.
 *
 * @example const hearth = createClient({ url: "http://127.0.0.1:8765", timeoutSeconds: 30 });
 */
export function createClient(options: ClientOptions = {}): HearthClient {
  return new HearthClient(async () => {
    if (options.url !== undefined) return (await import("./remote.ts")).connectRemote(options.url, options);
    return await (await import("./local.ts")).connectLocal(options);
  }, options);
}

function isRows(data: Rows | DataBody): data is Rows {
  return Array.isArray(data);
}
