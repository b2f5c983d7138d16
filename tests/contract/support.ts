import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** An error as every endpoint answers it. */
export interface ErrorBody {
  readonly status: "error";
  readonly error_type: string;
  readonly error_message: string;
  readonly traceback: string;
  readonly code: string;
  readonly hint: string;
  readonly request_id: string;
}

/** A table as it stands in an answer. */
export interface TableBody {
  readonly records: readonly Record<string, unknown>[];
  readonly columns: readonly (string | number)[];
  readonly shape: readonly [number, number];
  readonly dtypes: Readonly<Record<string, string>>;
  readonly warnings?: readonly string[];
}

/** The error of an answer, with its status; fails with the whole text when it is none. */
export async function errorOf(response: Response): Promise<ErrorBody & { httpStatus: number }> {
  const text = await response.text();
  const body = JSON.parse(text) as ErrorBody;
  if (body.status !== "error")
    throw new Error(`expected an error, got ${response.status}: ${text.slice(0, 500)}`);
  return { ...body, httpStatus: response.status };
}

/** The table of a read or compute answer; fails with the whole text when it is none. */
export async function tableOf(response: Response): Promise<TableBody> {
  const text = await response.text();
  if (response.status !== 200)
    throw new Error(`expected a table, got ${response.status}: ${text.slice(0, 500)}`);
  const body = JSON.parse(text) as { data?: TableBody; result?: TableBody };
  const table = body.data ?? body.result;
  if (table === undefined) throw new Error(`expected a table, got ${text.slice(0, 500)}`);
  return table;
}

/** Reads a source; further fields of `source` are its parameters. */
export function read(
  server: TestServer,
  source: Readonly<Record<string, unknown>>,
  query = "",
  headers: Record<string, string> = {},
): Promise<Response> {
  return server.post(`/api/read_data${query}`, { data_source: source }, headers);
}

/** The part of the status that tests look at. */
export interface StatusBody {
  readonly memory: { readonly rss_mb: number };
  readonly hearth: {
    readonly inFlight: { readonly active: number; readonly kept: number; readonly watching: number };
    readonly cache: Readonly<Record<string, number>>;
    readonly requests: { readonly served: number; readonly refused: number; readonly failed: number };
  };
}

/** The server's status, asked without counting as a running request. */
export async function statusOf(server: TestServer): Promise<StatusBody> {
  const response = await server.get("/api/status", { "x-hearth-watch": "1" });
  return (await response.json()) as StatusBody;
}

/** The folder of the server's only instance. */
function instanceFolder(server: TestServer): string {
  const instances = join(server.place.env["HEARTH_STATE_DIR"] ?? "", "instances");
  const [name] = readdirSync(instances);
  return join(instances, name ?? "");
}

/** Bodies and tables that the server put down on disk and that are still there. */
export function spilledFiles(server: TestServer): string[] {
  const names = namesIn(join(instanceFolder(server), "spill"));
  // A database that is kept for the next query has links to its files: they take no room.
  return names.filter((name) => !name.endsWith(".links"));
}

/** What the server wrote into its log so far. */
export function logOf(server: TestServer): string {
  const path = join(instanceFolder(server), "log");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Temp files of writes in a folder. */
export function tempFiles(folder: string): string[] {
  return namesIn(folder).filter((name) => name.startsWith(".hearth-"));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export interface OwnerRequest {
  /** By default POST with a body, else GET. */
  readonly method?: string;
  /** A form or text as it is, else JSON. */
  readonly body?: unknown;
  /** Where the owner calls from; by default the place's data folder. */
  readonly directory?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A request of the owner, as hearth's own client sends it: by the instance's Unix socket, from a folder. */
export function asOwner(server: TestServer, path: string, init: OwnerRequest = {}): Promise<Response> {
  const record = JSON.parse(readFileSync(join(instanceFolder(server), "record.json"), "utf8")) as {
    socketPath: string;
  };
  return fetch(`http://localhost${path}`, {
    unix: record.socketPath,
    method: init.method?.toUpperCase() ?? (init.body === undefined ? "GET" : "POST"),
    signal: init.signal,
    headers: {
      "x-hearth-directory": encodeURIComponent(init.directory ?? server.place.data),
      ...init.headers,
    },
    body: isSentAsItIs(init.body) ? init.body : JSON.stringify(init.body),
  });
}

function isSentAsItIs(body: unknown): body is FormData | string | undefined {
  return body === undefined || typeof body === "string" || body instanceof FormData;
}

/** A plain connection to the server, for requests that no client library sends. */
export interface RawConnection {
  send(bytes: string | Uint8Array): void;
  /** Everything received so far. */
  received(): string;
  /** Settles when the server has closed the connection. */
  readonly closed: Promise<void>;
  /** Takes no more bytes from here on. */
  pause(): void;
  /** Drops the connection at once. */
  drop(): void;
}

export async function connectRaw(server: TestServer): Promise<RawConnection> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(Buffer.from(chunk)));
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return {
    send: (bytes) => void socket.write(bytes),
    received: () => Buffer.concat(chunks).toString("utf8"),
    closed,
    pause: () => void socket.pause(),
    drop: () => socket.destroy(),
  };
}

/** Sends bytes as they are and gives what comes back until a whole answer is there or the server closes. */
export async function rawAnswer(server: TestServer, bytes: string): Promise<string> {
  const connection = await connectRaw(server);
  let isClosed = false;
  void connection.closed.then(() => (isClosed = true));
  connection.send(bytes);
  try {
    await until("a whole answer", () => isClosed || isWholeAnswer(connection.received()));
    return connection.received();
  } finally {
    connection.drop();
  }
}

function isWholeAnswer(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end));
  if (length !== null) return Buffer.byteLength(text.slice(end + 4)) >= Number(length[1]);
  return text.endsWith("0\r\n\r\n");
}

/** Processor time that a process has used so far, in ticks of the system (10 ms). */
export function processorTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
