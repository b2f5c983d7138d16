import { drain, tryAll, within } from "./drain.ts";
import { keepHouse } from "./housekeeping.ts";
import { createIdleClock } from "./idle-clock.ts";
import type { IdleClock } from "./idle-clock.ts";
import type { StopReason } from "./life.ts";
import { lynguineLockPath, removeLynguineLock, writeLynguineLock } from "./lynguine-lock.ts";
import { watchFaults } from "./process-faults.ts";
import { createMemoryRelease } from "./spare-memory.ts";
import { readRecord, removeRecord, writeRecord } from "./record.ts";
import type { StartedHow } from "./record.ts";
import type { Bindings, RunningServer, ServeInstanceOptions, StopResult } from "./running-server.ts";
import type { UnixSocket } from "./unix-socket.ts";

const GRACE_MS = 10_000;
const LAST_BYTES_MS = 3000;
const SUPERVISOR_MS = 1000;
/** After minutes without use nobody is still reading; an idle server is gone within a second. */
const IDLE_LAST_BYTES_MS = 500;

/**
 * Bound sockets made a running server: record, lock file for lynguine's tools, signals, idle clock, housekeeping, and the
 * way back. All of it begins with the constructor.
 */
export class InstanceServer implements RunningServer {
  readonly stopped: Promise<StopResult>;
  readonly idleClock: IdleClock;
  readonly startedTimeMs: number = Date.now();
  readonly runtimeName: string;
  readonly #options: ServeInstanceOptions;
  readonly #bindings: Bindings;
  readonly #startedAt: string | undefined;
  readonly #bindSocket: () => Promise<UnixSocket>;
  readonly #resolveStopped: (result: StopResult) => void;
  readonly #cut = Promise.withResolvers<void>();
  /** Of lynguine's lock file, which speaks of a TCP port. */
  readonly #lockPath: string | undefined;
  /** Owner sockets that lost their path. */
  readonly #pathless: UnixSocket[] = [];
  #ownerSocket: UnixSocket;
  #endWork: (() => void)[] = [];
  #endHousekeeping: () => void = () => {};
  #startedHow: StartedHow;
  #roots: readonly string[];
  #isStopping = false;
  #signals = 0;

  /** `bindSocket` puts a new owner socket over the path. */
  constructor(
    options: ServeInstanceOptions,
    bindings: Bindings,
    startedAt: string | undefined,
    bindSocket: () => Promise<UnixSocket>,
  ) {
    const { promise, resolve } = Promise.withResolvers<StopResult>();
    this.stopped = promise;
    this.#resolveStopped = resolve;
    this.#options = options;
    this.#bindings = bindings;
    this.#startedAt = startedAt;
    this.#bindSocket = bindSocket;
    this.#ownerSocket = bindings.ownerSocket;
    this.#startedHow = options.startedHow;
    this.#roots = options.roots;
    this.runtimeName = `${options.runtime.name} ${options.runtime.version}`;
    this.#lockPath = bindings.port === undefined ? undefined : lynguineLockPath(this.host, bindings.port);
    this.idleClock = createIdleClock({
      timeoutSeconds: options.idleTimeoutSeconds,
      inFlight: options.life.inFlight,
      onIdle: () => void this.stop("idle"),
    });
    this.#begin();
  }

  get instance() {
    return this.#options.instance;
  }
  get host() {
    return this.#options.instance.host;
  }
  get port() {
    return this.#bindings.port;
  }
  get tcpProblem() {
    return this.#bindings.tcpProblem;
  }
  get guestSocketPath() {
    return this.#bindings.guestSocket?.path;
  }
  get version() {
    return this.#options.version;
  }
  get protocol() {
    return this.#options.protocol;
  }
  get life() {
    return this.#options.life;
  }
  get startedHow() {
    return this.#startedHow;
  }
  get roots() {
    return this.#roots;
  }

  residentBytes(): number {
    return this.#options.runtime.residentBytes();
  }

  adopt(changed: { startedHow: StartedHow; roots: readonly string[] }): void {
    this.#startedHow = changed.startedHow;
    this.#roots = changed.roots;
    tryAll([() => this.#saveRecord()], this.#onError);
  }

  stop(reason: StopReason): Promise<StopResult> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      // Whatever fails on the way, the server has ended: no caller may wait without end.
      void this.#leave(reason)
        .catch((error: unknown) => {
          this.#onError(error);
          return { reason, wasCut: true };
        })
        .then(this.#resolveStopped);
    }
    return this.stopped;
  }

  #begin(): void {
    const { life, log, onReload, runtime } = this.#options;
    // Idleness counts from now, not from when the program began to load.
    life.inFlight.enter("use")();
    if (this.#options.ownsProcess ?? true) {
      this.#endWork = [
        watchFaults({ log, runtime, scope: this.#options.scope, onFatal: () => void this.stop("fault") }),
        runtime.onSignal("SIGTERM", this.#onStopSignal),
        runtime.onSignal("SIGINT", this.#onStopSignal),
        runtime.onSignal("SIGHUP", onReload ?? this.#onStopSignal),
      ];
    }
    this.#endHousekeeping = this.#keepHouse();
    tryAll([() => this.#saveRecord()], this.#onError);
    if (this.#lockPath !== undefined && !writeLynguineLock(this.#lockPath)) {
      log.event("warn", `The lock file ${this.#lockPath} for lynguine's tools could not be written`);
    }
    const { guestSocketPath: socket, host, port, version } = this;
    const address = port === undefined ? { socket } : { host, port, socket };
    log.event("info", "started", { pid: process.pid, ...address, version, runtime: this.runtimeName });
    if (this.tcpProblem !== undefined) {
      log.event("warn", "TCP clients can't connect; the owner's commands can", { reason: this.tcpProblem });
    }
  }

  readonly #onError = (error: unknown): void => {
    try {
      this.#options.log.error("the server's own housekeeping failed", error);
    } catch {
      // A log that fails must not keep the server from ending.
    }
  };

  /** The first SIGTERM or SIGINT drains, the second ends at once. */
  readonly #onStopSignal = (): void => {
    this.#signals += 1;
    if (this.#signals > 1) this.#cut.resolve();
    else void this.stop("signal");
  };

  #keepHouse(): () => void {
    return keepHouse({
      runtime: this.#options.runtime,
      socket: () => this.#ownerSocket,
      rebind: () => this.#rebind(),
      keepRecord: () => {
        if (readRecord(this.instance.recordPath)?.pid !== process.pid) this.#saveRecord();
      },
      onSuperseded: () => void this.stop("superseded"),
      releaseMemory: createMemoryRelease(this.#options.runtime, this.#options.life.inFlight),
      onError: this.#onError,
    });
  }

  async #rebind(): Promise<void> {
    const before = this.#ownerSocket;
    this.#ownerSocket = await this.#bindSocket();
    this.#pathless.push(before);
    // Requests that came by the old one run on.
    await before.server.stopListening();
    this.#options.log.event("warn", "the owner's socket was gone and has been made again");
    if (this.#isStopping) this.#ownerSocket.removePath();
    else this.#saveRecord();
  }

  #saveRecord(): void {
    writeRecord(this.instance.recordPath, {
      pid: process.pid,
      startedAt: this.#startedAt,
      host: this.host,
      port: this.port,
      socketPath: this.#ownerSocket.path,
      guestSocketPath: this.guestSocketPath,
      tcpProblem: this.tcpProblem,
      version: this.version,
      protocol: this.protocol,
      runtime: this.runtimeName,
      startedHow: this.#startedHow,
      configPath: this.instance.configPath,
      startedTime: new Date(this.startedTimeMs).toISOString(),
      roots: this.#roots,
    });
  }

  async #leave(reason: StopReason): Promise<StopResult> {
    const { graceMs, life, log } = this.#options;
    const { guestSocket, tcpServer } = this.#bindings;
    const { closeFront } = this.#options.supervisor ?? {};
    const front =
      guestSocket === undefined || closeFront === undefined ? undefined : { guestSocket, closeFront };
    const guests = front === undefined && guestSocket !== undefined ? [guestSocket] : [];
    const sockets = [this.#ownerSocket, ...guests, ...this.#pathless];
    log.event("info", "stopping", { reason });
    this.idleClock.stop();
    this.#endHousekeeping();
    life.beginStopping(this.#onError);
    await this.#tell(() => this.#options.supervisor?.leaving());
    const wasCut = await drain({
      life,
      removeSockets: () =>
        tryAll(
          sockets.map((one) => () => one.removePath()),
          this.#onError,
        ),
      tcpServer,
      front: front && {
        server: front.guestSocket.server,
        removePath: () => tryAll([() => front.guestSocket.removePath()], this.#onError),
        close: () => this.#tell(front.closeFront),
        // After minutes without use nobody is in the middle of an answer.
        closesFirst: reason === "idle",
      },
      socketServers: sockets.map((one) => one.server),
      graceMs: graceMs ?? GRACE_MS,
      lastBytesMs: reason === "idle" ? IDLE_LAST_BYTES_MS : LAST_BYTES_MS,
      cut: this.#cut.promise,
      onError: this.#onError,
    });
    this.#removeTraces();
    log.event("info", "stopped", { reason, wasCut });
    log.flush();
    return { reason, wasCut };
  }

  async #tell(told: () => Promise<void> | undefined): Promise<void> {
    const telling = told();
    if (telling !== undefined) await within(SUPERVISOR_MS, telling.catch(this.#onError));
  }

  #removeTraces(): void {
    const removeFiles = [
      () => this.#lockPath !== undefined && removeLynguineLock(this.#lockPath),
      () => removeRecord(this.instance.recordPath, process.pid),
      // A rebind may have been under way when the doors were closed.
      () => this.#ownerSocket.removePath(),
    ];
    tryAll([...removeFiles, ...this.#endWork], this.#onError);
  }
}
