import type { SaveAnswer, SessionFacts, TableAnswer } from "./answers.ts";
import { jsonRequest, limitsOf, query } from "./build-request.ts";
import type { StreamFormat } from "./formats.ts";
import type { RequestOptions } from "./options.ts";
import type { ClientRequest } from "./send.ts";

/** What makes a session, beside its interface. */
export interface NewSessionOptions extends RequestOptions {
  /** Folder that the interface's name counts from. */
  readonly directory?: string;
  /** A key of the interface whose mapping is taken for the whole. */
  readonly field?: string;
  /** Seconds without use after which it ends; 0: never. Default 3600. */
  readonly timeout?: number;
}

/** Where a cell is. */
export interface CellPlace {
  /** The row's label; 2 is not "2". */
  readonly index: unknown;
  readonly column: string;
  /** Of a series: the selector's value in the row that is meant. */
  readonly subindex?: unknown;
}

/** What a session needs of a client. */
interface Requester {
  json<T>(request: ClientRequest): Promise<T>;
  stream(request: ClientRequest): Promise<ReadableStream<Uint8Array>>;
}

const SESSIONS = "/api/sessions";

/** `POST /api/sessions`. */
export function newSessionRequest(interfaceFile: string, options: NewSessionOptions): ClientRequest {
  const { directory, field, timeout } = options;
  // With an id of its own it can be asked for twice, and is made once.
  const session_id = crypto.randomUUID();
  const body = { session_id, interface_file: interfaceFile, directory, interface_field: field, timeout };
  return { ...jsonRequest(SESSIONS, body), ...limitsOf(options) };
}

/** `GET /api/sessions`. */
export function sessionsRequest(options: RequestOptions): ClientRequest {
  return { method: "GET", path: SESSIONS, ...limitsOf(options) };
}

/**
 * One session of a server.
 *
 * @example
 * const session = await hearth.createSession("grades.yml");
 * await session.set({ index: "ann", column: "grade" }, "A");
 * await session.save();
 */
export class SessionClient {
  readonly id: string;
  readonly #client: Requester;
  readonly #path: string;

  constructor(client: Requester, id: string) {
    this.#client = client;
    this.id = id;
    this.#path = `${SESSIONS}/${encodeURIComponent(id)}`;
  }

  /** Shape, columns, memory, times. Throws `session-unknown`. */
  async info(): Promise<SessionFacts> {
    return (await this.#client.json<{ session: SessionFacts }>({ method: "GET", path: this.#path })).session;
  }

  /** One of the operations of `docs/sessions.md`, with its answer as it came. */
  async operate<T>(operation: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<T> {
    return await this.#client.json<T>(jsonRequest(`${this.#path}/${operation}`, parameters));
  }

  /** A cell's value. Throws `cell-unknown`. */
  async get<T = unknown>({ index, column }: CellPlace): Promise<T> {
    return (await this.operate<{ value: T }>("get_value_at", { index, column })).value;
  }

  /** Writes a cell. Throws `cell-unknown`, `cell-read-only`. */
  async set(place: CellPlace, value: unknown): Promise<void> {
    await this.operate("set_value_at", { ...place, value });
  }

  /** Runs the interface's `compute`, or these entries, over all rows; gives how many cells got a value. */
  async compute(
    entries?: unknown,
  ): Promise<{ readonly cells: number; readonly warnings?: readonly string[] }> {
    return await this.operate("compute", { compute: entries });
  }

  /** Writes the outputs, or these sections, to the files of the interface. */
  async save(sections?: readonly string[]): Promise<SaveAnswer> {
    const path = `${this.#path}/save`;
    return await this.#client.json<SaveAnswer>({ ...jsonRequest(path, { sections }), isRepeatable: false });
  }

  /** All rows and columns, the index first. */
  async table<R = Readonly<Record<string, unknown>>>(): Promise<TableAnswer<R>> {
    const request: ClientRequest = { method: "GET", path: `${this.#path}/table` };
    return (await this.#client.json<{ data: TableAnswer<R> }>(request)).data;
  }

  /** The same in another format, in pieces. */
  async tableStream(format: StreamFormat): Promise<ReadableStream<Uint8Array>> {
    return await this.#client.stream({ method: "GET", path: `${this.#path}/table${query({ format })}` });
  }

  /** Ends the session and forgets its changes. */
  async delete(): Promise<void> {
    await this.#client.json({ method: "DELETE", path: this.#path, isRepeatable: false });
  }
}
