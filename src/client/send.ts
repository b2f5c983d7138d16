import { HearthError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { decodeError } from "./decode-error.ts";
import type { RequestOptions } from "./options.ts";
import { finalError, retryDelay } from "./retry.ts";
import { type Deadline, startDeadline } from "./deadline.ts";

/** Milliseconds without an answer after which it is looked whether the server gives any. */
const SILENCE_MS = 5000;

/** One request to a hearth server, before it is sent. */
export interface ClientRequest extends RequestOptions {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text, or what makes the body anew for each try; a stream can be sent only once. */
  readonly body?: string | (() => BodyInit) | ReadableStream<Uint8Array>;
  /** Seconds that starting the server may take, 0 without a limit of its own. Default: within `timeoutSeconds`. */
  readonly startTimeoutSeconds?: number;
  /** False for a request that changes something. Default true. */
  readonly isRepeatable?: boolean;
}

/** Limits that hold where a request says nothing else. */
export interface SendDefaults {
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly signals: readonly AbortSignal[];
  readonly onNotice?: ((sentence: string) => void) | undefined;
}

/**
 * Sends a request, starting the server when none answers and repeating what may be repeated, and gives what `consume`
 * makes of the answer. A failure while consuming counts as one of the request. Statuses of 400 and above throw.
 */
export async function send<T>(
  connection: Connection,
  request: ClientRequest,
  defaults: SendDefaults,
  consume: (response: Response, deadline: Deadline) => Promise<T>,
): Promise<T> {
  const retries = isStream(request) ? 0 : (request.retries ?? defaults.retries);
  const isRepeatable = request.isRepeatable ?? true;
  const signals = [...defaults.signals, ...(request.signal === undefined ? [] : [request.signal])];
  const newDeadline = () => startDeadline(request.timeoutSeconds ?? defaults.timeoutSeconds, signals);
  let starts = 0;
  let started: Deadline | undefined;
  for (let attempt = 0; ; attempt++) {
    const deadline = started ?? newDeadline();
    started = undefined;
    try {
      return await sendOnce(connection, request, deadline, defaults, consume);
    } catch (caught) {
      const error = await withSilence(connection, deadline.explain(caught));
      if (error.code === "request-cancelled") throw error;
      const canStart = error.code === "server-unreachable" && !isStream(request);
      if (canStart && connection.start !== undefined && starts++ <= retries) {
        started = await startWithin(connection.start, request, deadline, signals);
        continue;
      }
      const failed = { error, attempt, retries, isRepeatable };
      const delay = retryDelay(failed);
      if (delay === undefined) throw finalError(failed);
      await pause(delay, signals);
    } finally {
      if (started !== deadline) deadline.end();
    }
  }
}

/** Starts the server. Gives the deadline that goes on for the next try, where the start counts against it. */
async function startWithin(
  start: NonNullable<Connection["start"]>,
  { startTimeoutSeconds }: ClientRequest,
  deadline: Deadline,
  signals: readonly AbortSignal[],
): Promise<Deadline | undefined> {
  const own = startTimeoutSeconds === undefined ? undefined : startDeadline(startTimeoutSeconds, signals);
  const { explain, signal } = own ?? deadline;
  try {
    await unlessAborted(start(signal), signal);
    return own === undefined ? deadline : undefined;
  } catch (error) {
    throw explain(error);
  } finally {
    own?.end();
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function sendOnce<T>(
  connection: Connection,
  request: ClientRequest,
  deadline: Deadline,
  { onNotice }: SendDefaults,
  consume: (response: Response, deadline: Deadline) => Promise<T>,
): Promise<T> {
  const text = typeof request.body === "string" ? request.body : "";
  const headers = () => ({
    ...connection.headers(decoded(request.path) + text, request.method === "POST"),
    ...request.headers,
  });
  const init: RequestInit & { duplex?: "half" } = {
    method: request.method,
    headers: headers(),
    signal: deadline.signal,
  };
  if (request.body !== undefined) {
    init.body = typeof request.body === "function" ? request.body() : request.body;
    init.duplex = "half"; // Node refuses a stream without it
  }
  let response = await tellSilence(connection.fetch(request.path, init), connection, onNotice);
  const canRepeat = (request.isRepeatable ?? true) && !isStream(request);
  const meeting = canRepeat ? connection.meet?.(response) : undefined;
  if (meeting !== undefined && (await meeting))
    response = await connection.fetch(request.path, { ...init, headers: headers() });
  if (response.status >= 400) throw await decodeError(response);
  const warnings = response.headers.get("x-hearth-warnings");
  if (warnings !== null) onNotice?.(decoded(warnings));
  return await consume(response, deadline);
}

/** A time limit that was over may say more about the server than about this request. */
async function withSilence(connection: Connection, error: HearthError): Promise<HearthError> {
  if (error.code !== "response-timeout") return error;
  return (await connection.findSilence?.()) ?? error;
}

/** A request without a time limit waits as long as it takes; that the server answers nobody is told meanwhile, once. */
async function tellSilence(
  answer: Promise<Response>,
  { findSilence }: Connection,
  onNotice: SendDefaults["onNotice"],
): Promise<Response> {
  if (findSilence === undefined || onNotice === undefined) return await answer;
  let isOver = false;
  const look = async (): Promise<void> => {
    const silence = await findSilence();
    if (silence !== undefined && !isOver) onNotice(`${silence.message}. ${silence.hint ?? ""}`);
  };
  const timer = setTimeout(() => void look(), SILENCE_MS);
  try {
    return await answer;
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a stray "%": not made by us, and no variable's name either
  }
}

/** A stream that was taken from can't be sent a second time. */
function isStream(request: ClientRequest): boolean {
  return request.body instanceof ReadableStream;
}

/** Throws `request-cancelled` when one of the signals comes first. */
async function pause(milliseconds: number, signals: readonly AbortSignal[]): Promise<void> {
  const until = startDeadline(0, signals);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const time = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
    await unlessAborted(time, until.signal);
  } finally {
    clearTimeout(timer);
    until.end();
  }
}

/** For answers that must be there in full: turns a break inside the body into the error it is. */
export async function readText(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw new HearthError("connection-broken", "The connection broke in the middle of the answer", {
      cause: error,
    });
  }
}
