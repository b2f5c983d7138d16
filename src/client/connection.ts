import type { HearthError } from "../errors.ts";

/** The way to one server. `local.ts` goes through an instance's Unix socket, `remote.ts` through TCP. */
export interface Connection {
  /**
   * Sends one request; `path` begins with "/". Rejects with `HearthError` `server-unreachable` when nobody takes the
   * connection and `connection-broken` when it ends before the answer.
   */
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** Headers that go with a request whose query and JSON body are `requestText`. */
  headers(requestText: string, isAboutFiles: boolean): Record<string, string>;
  /** Starts the server and returns when it answers, or gives up at the signal; undefined where a client may not start one. */
  readonly start: ((signal?: AbortSignal) => Promise<void>) | undefined;
  /**
   * Looks at who answered. Undefined when there is nothing to do, as nearly always; else whether the request has to be
   * sent again, since another server answers now. Only for requests that may be repeated.
   */
  readonly meet?: (response: Response) => Promise<boolean> | undefined;
  /** Looks whether the server answers nobody at all; then, what to say instead of that one request took too long. */
  readonly findSilence?: () => Promise<HearthError | undefined>;
  /** Where the server is, for messages. */
  readonly shownAddress: string;
}
