import type { DocumentBytes, ReaderProcesses } from "../data/isolated.ts";
import type { DataSource, ReadContext } from "../data/source.ts";
import type { Cell, TableStream } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { StartPause } from "../worker/start-pause.ts";
import type { Starter } from "../worker/worker.ts";
import { FairQueue } from "./fair-queue.ts";
import { displaced, ReaderGone, serverStopping } from "./reader-errors.ts";
import { type Occupied, ReaderProcess, type ReadLimits } from "./reader-process.ts";

/** Milliseconds that the processes there are have been busy before another is started. */
const PATIENCE_MS = 200;

/** How long a process stays when there is nothing to read. */
const IDLE_MS = 60_000;

/** A process that took this much is ended after its read: its memory does not all come back by itself. */
const RECYCLED_BYTES = 256e6;

/** All processes together may take this much more than one. */
const TOGETHER = 1.5;

/** A process takes some 100 MB before it reads anything. */
const LEAST_MEMORY_BYTES = 192e6;

/** Processes that wait for who takes their table and do not count as reading; each holds some 100 MB. */
const MAX_PARKED = 4;

/** Reads that may wait. */
const MAX_WAITING = 1024;

export interface ReaderPoolOptions extends ReadLimits {
  /** Processes that read at the same time; at least one. */
  readonly readers: () => number;
}

export interface ReaderPoolContext {
  readonly runtime: Starter;
  /** Told when a process ended that was not told to, or could not be started. */
  readonly onFailure?: (reason: HearthError) => void;
}

interface Job {
  readonly caller: string;
  readonly signal: AbortSignal;
  readonly run: (member: Member) => Promise<Occupied<unknown>>;
  /** Called when its caller leaves while it waits. */
  readonly leave: () => void;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  /** Its process ended once already. */
  isRepeated: boolean;
}

/** A process of the pool. */
interface Member {
  readonly process: ReaderProcess;
  job: Job | undefined;
  busySinceMs: number;
  /** Its job waits for who takes the result. */
  isParked: boolean;
  bytes: number;
  idleTimer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Reader processes: one is started with the first read, another when those there are have been busy for a while. Reads wait
 * in turn by caller. A process that is killed takes only its own read with it.
 */
export function createReaderPool(options: ReaderPoolOptions, context: ReaderPoolContext): ReaderProcesses {
  const pool = new ReaderPool(options, context);
  return {
    read: (type, source, reading) => pool.read(type, source, reading),
    parse: (document) => pool.parse(document),
    counts: () => pool.counts(),
    close: () => pool.close(),
  };
}

class ReaderPool {
  readonly #options: ReaderPoolOptions;
  readonly #context: ReaderPoolContext;
  readonly #limits: ReadLimits;
  readonly #queue = new FairQueue<Job>();
  readonly #members = new Set<Member>();
  readonly #pause = new StartPause();
  #starting = 0;
  /** The process before was killed while it started: a second one in a row is no chance. */
  #wasKilledEarly = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: ReaderPoolOptions, context: ReaderPoolContext) {
    this.#options = options;
    this.#context = context;
    this.#limits = {
      ...options,
      readMemoryBytes: () => Math.max(LEAST_MEMORY_BYTES, options.readMemoryBytes()),
    };
  }

  read(type: string, source: DataSource, context: ReadContext): Promise<TableStream> {
    return this.#run(context.files.callerKey, context.signal, (member) =>
      member.process.read(type, source, context, (isParked) => {
        member.isParked = isParked;
        if (isParked) this.#pump();
      }),
    );
  }

  parse(document: DocumentBytes): Promise<Cell> {
    return this.#run(document.callerKey, document.signal, ({ process }) => process.parse(document));
  }

  counts() {
    const busy = [...this.#members].filter(({ job }) => job !== undefined).length;
    return { running: this.#members.size, busy, waiting: this.#queue.size };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#failWaiting(serverStopping());
    const members = [...this.#members];
    for (const { process, job } of members) if (job !== undefined) process.kill(serverStopping());
    await Promise.all(members.map(({ process }) => process.stop()));
  }

  #run<T>(caller = "", signal: AbortSignal, run: (member: Member) => Promise<Occupied<T>>): Promise<T> {
    if (this.#isClosed) return Promise.reject(serverStopping());
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.#queue.size >= MAX_WAITING) return Promise.reject(tooBusy());
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.remove(caller, job);
        reject(signal.reason as Error);
      };
      const job: Job = { caller, signal, run, leave, resolve, reject, isRepeated: false };
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.add(caller, job);
      this.#pump();
    });
  }

  #repeat(job: Job): void {
    job.isRepeated = true;
    job.signal.addEventListener("abort", job.leave, { once: true });
    this.#queue.addFirst(job.caller, job);
    this.#pump();
  }

  /** Gives waiting reads to idle processes, and starts another where that is due. */
  #pump(): void {
    clearTimeout(this.#timer);
    for (const member of this.#members) {
      if (this.#queue.size === 0) return;
      if (member.job === undefined) this.#give(member, this.#queue.take() as Job);
    }
    if (this.#queue.size === 0 || this.#starting > 0 || this.#isClosed) return;
    const working = [...this.#members].filter(({ isParked }) => !isParked);
    const parked = this.#members.size - working.length;
    if (working.length + Math.max(0, parked - MAX_PARKED) >= Math.max(1, this.#options.readers())) return;
    if (working.length === 0) return this.#start();
    const lastMs = Math.max(...working.map(({ busySinceMs }) => busySinceMs));
    const waitMs = lastMs + PATIENCE_MS - performance.now();
    if (waitMs <= 0) this.#start();
    else this.#timer = setTimeout(() => this.#pump(), waitMs);
  }

  #start(): void {
    try {
      this.#pause.check();
    } catch (error) {
      if (this.#members.size === 0) this.#failWaiting(error);
      return;
    }
    this.#starting += 1;
    let member: Member | undefined;
    const onEnding = (reason: HearthError | undefined) => {
      if (member !== undefined) this.#forget(member);
      this.#notePause(reason);
      if (reason !== undefined && reason.code !== "request-cancelled" && reason.code !== "server-stopping")
        this.#context.onFailure?.(reason);
      // The next read, which may be another caller's, need not wait for a start.
      if (reason !== undefined && this.#members.size + this.#starting === 0 && !this.#isClosed) this.#start();
    };
    ReaderProcess.start({
      limits: this.#limits,
      runtime: this.#context.runtime,
      onLook: (bytes) => {
        if (member !== undefined) this.#onLook(member, bytes);
      },
      onEnding,
    }).then(
      (process) => {
        this.#starting -= 1;
        member = {
          process,
          job: undefined,
          busySinceMs: 0,
          isParked: false,
          bytes: 0,
          idleTimer: undefined,
        };
        if (this.#isClosed) return void process.stop();
        this.#members.add(member);
        this.#rest(member);
        this.#pump();
      },
      (error: HearthError) => {
        this.#starting -= 1;
        onEnding(error);
        if (this.#members.size === 0) this.#failWaiting(error);
      },
    );
  }

  /** A program that can't run is not tried for every read; one that was killed is tried once more. */
  #notePause(reason: HearthError | undefined): void {
    const isEarly = reason?.code === "reader-unavailable";
    if (!isEarly) this.#pause.reset();
    else if (this.#wasKilledEarly || !(reason instanceof ReaderGone)) this.#pause.begin(reason);
    this.#wasKilledEarly = isEarly;
  }

  #give(member: Member, job: Job): void {
    clearTimeout(member.idleTimer);
    job.signal.removeEventListener("abort", job.leave);
    member.job = job;
    member.isParked = false;
    member.busySinceMs = performance.now();
    job.run(member).then(
      async ({ result, over }) => {
        job.resolve(result as never);
        await over;
        this.#free(member);
      },
      (error: unknown) => {
        this.#free(member);
        if (job.signal.aborted) job.reject(job.signal.reason);
        else if (error instanceof ReaderGone && !job.isRepeated && !this.#isClosed) this.#repeat(job);
        else job.reject(error);
      },
    );
  }

  #free(member: Member): void {
    member.job = undefined;
    member.isParked = false;
    if (!this.#members.has(member)) return this.#pump();
    this.#rest(member);
    this.#pump();
    void this.#recycle(member);
  }

  #rest(member: Member): void {
    member.idleTimer = setTimeout(() => this.#stop(member), IDLE_MS);
    (member.idleTimer as { unref?: () => void }).unref?.();
  }

  async #recycle(member: Member): Promise<void> {
    const { runtime } = this.#context;
    member.bytes = (await runtime.residentBytesOf(member.process.pid)) ?? 0;
    if (member.bytes > RECYCLED_BYTES && member.job === undefined) this.#stop(member);
  }

  #stop(member: Member): void {
    this.#forget(member);
    void member.process.stop();
  }

  #forget(member: Member): void {
    clearTimeout(member.idleTimer);
    this.#members.delete(member);
  }

  /** Of several that take too much together the largest gives way, unless its read was repeated already. */
  #onLook(member: Member, bytes: number): void {
    member.bytes = bytes;
    const members = [...this.#members];
    const total = members.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total <= this.#limits.readMemoryBytes() * TOGETHER) return;
    const [victim] = members
      .filter(({ job }) => job?.isRepeated !== true)
      .sort((one, other) => other.bytes - one.bytes);
    if (victim?.job === undefined) return victim === undefined ? undefined : this.#stop(victim);
    victim.process.kill(displaced());
  }

  #failWaiting(error: unknown): void {
    for (let job = this.#queue.take(); job !== undefined; job = this.#queue.take()) job.reject(error);
  }
}

function tooBusy(): HearthError {
  return new HearthError("too-busy", "Too many reads are waiting already", {
    hint: "Try again in a moment.",
  });
}
