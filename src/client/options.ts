/** How a client finds and treats its server. Without anything: the local instance that a `hearth` here would use. */
export interface ClientOptions {
  /** A server by its TCP address, such as "http://127.0.0.1:8765"; it is used as a guest and never started. */
  readonly url?: string;
  /** Token or key of that server, sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Folder that relative paths and the search for a config start from. Default: the working directory. */
  readonly cwd?: string;
  /** A config file, instead of searching for one; false: none. */
  readonly config?: string | false;
  readonly host?: string;
  readonly port?: number;
  /** Folder of logs and instance records, instead of the platform's. */
  readonly stateDir?: string;
  /** Starts the local server when none answers. Default true. */
  readonly autoStart?: boolean;
  /** Called while a server is starting, with the seconds it took so far. */
  readonly onStarting?: (seconds: number) => void;
  /** Called with what a person should know: parts of a config that don't count yet, a parameter nobody knows. */
  readonly onNotice?: (sentence: string) => void;
  /** Seconds until an answer has begun (one held in memory: has ended); 0 waits for ever. Default 0. */
  readonly timeoutSeconds?: number;
  /** How often a failed request is repeated, where repeating can help and can do no harm. Default 3. */
  readonly retries?: number;
  /** Ends every request of this client. */
  readonly signal?: AbortSignal;
  /** Sends the requests instead of the runtime's own `fetch`: an embedded app's, for one. Needs `url`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What one request may have different from its client. */
export interface RequestOptions {
  readonly timeoutSeconds?: number;
  readonly retries?: number;
  readonly signal?: AbortSignal;
}
