import type { BoundServer, Runtime, ServeOptions } from "../runtime/types.ts";
import type { IdleClock } from "./idle-clock.ts";
import type { Instance } from "./instance.ts";
import type { ServerLife, StopReason } from "./life.ts";
import type { StartedHow } from "./record.ts";
import type { RequestScope } from "./request-scope.ts";
import type { RequestLog } from "./request-log.ts";
import type { UnixSocket } from "./unix-socket.ts";

/** Answers one request; see `ServeOptions.fetch` of the runtime. */
export type FetchHandler = ServeOptions["fetch"];

/** Answers the owner, and everybody else. */
export interface Handlers {
  readonly owner: FetchHandler;
  readonly guest: FetchHandler;
}

/** Who started a server, and holds a port for it. */
export interface Supervisor {
  /** The server refuses requests already, and holds all that it has: one that is started now must wait for its end. */
  leaving(): Promise<void>;
  /** Takes away what leads guests to their socket: new ones wait at the port from then on, for the next server. */
  readonly closeFront?: (() => Promise<void>) | undefined;
}

/** Everything that `serveInstance` needs. */
export interface ServeInstanceOptions {
  readonly runtime: Runtime;
  readonly instance: Instance;
  /** Made before, because the guard in front of the app asks it too. */
  readonly life: ServerLife;
  readonly log: RequestLog;
  /** 0: never leave. */
  readonly idleTimeoutSeconds: number;
  readonly startedHow: StartedHow;
  /** Folders that guests may reach; only for the record. */
  readonly roots: readonly string[];
  readonly version: string;
  readonly protocol: number;
  /** A further Unix socket, for guests. */
  readonly guestSocketPath?: string | undefined;
  /** False: no TCP port is bound; guests come by `guestSocketPath` or not at all. Default true. */
  readonly tcp?: boolean;
  /** Milliseconds that running requests get when stopping; default 10,000. */
  readonly graceMs?: number;
  /**
   * The handlers of both kinds of callers; called once, when everything is bound. Requests that come before they are
   * there wait. What it throws ends the server.
   */
  readonly handlersFor: (server: RunningServer) => Handlers | Promise<Handlers>;
  /** Tells to which request an uncaught error belongs; without it every one of them ends the server. */
  readonly scope?: RequestScope | undefined;
  /** Who started this server and waits to be told how it is; it waits for each telling, for a second or two at most. */
  readonly supervisor?: Supervisor | undefined;
  /** At SIGHUP. Without it that signal stops the server. */
  readonly onReload?: () => void;
  /**
   * Whether signals to the process stop the server, and uncaught errors go to its log instead of ending the process.
   * Default true; false for a server inside somebody else's program.
   */
  readonly ownsProcess?: boolean;
}

/** How a server ended. */
export interface StopResult {
  readonly reason: StopReason;
  /** Requests were cut off, by a second signal or because the grace period was over. */
  readonly wasCut: boolean;
}

/** A server that serves its instance. */
export interface RunningServer {
  readonly instance: Instance;
  readonly host: string;
  /** The real port, also where the system chose it; undefined when it listens on none. */
  readonly port: number | undefined;
  /** Why it listens on no TCP port although it should: who holds that port. Undefined when nothing is wrong. */
  readonly tcpProblem: string | undefined;
  /** The Unix socket for guests, if there is one. */
  readonly guestSocketPath: string | undefined;
  readonly version: string;
  readonly protocol: number;
  /** Runtime and its version, such as "bun 1.4.5". */
  readonly runtimeName: string;
  readonly life: ServerLife;
  readonly idleClock: IdleClock;
  /** Milliseconds since the epoch. */
  readonly startedTimeMs: number;
  readonly startedHow: StartedHow;
  readonly roots: readonly string[];
  /** Resident memory in bytes. */
  residentBytes(): number;
  /** Notes in the record that somebody took the server over, and its roots: it will not be replaced any more. */
  adopt(changed: { startedHow: StartedHow; roots: readonly string[] }): void;
  /** Drains and leaves; settles, as `stopped` does, when all is gone. Never rejects. */
  stop(reason: StopReason): Promise<StopResult>;
  /** Settles when the server has ended, for whatever reason. The process may exit with 0 then. */
  readonly stopped: Promise<StopResult>;
}

/** What a server has bound. */
export interface Bindings {
  /** Undefined without TCP. */
  readonly tcpServer: BoundServer | undefined;
  /** The real TCP port; undefined without TCP. */
  readonly port: number | undefined;
  /** Why there is no TCP although there should be; a sentence without its full stop. */
  readonly tcpProblem?: string | undefined;
  readonly ownerSocket: UnixSocket;
  readonly guestSocket: UnixSocket | undefined;
}
