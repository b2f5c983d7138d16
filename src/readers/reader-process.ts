import { streamOf } from "../data/columns.ts";
import { checkCells, STREAM_FACTOR, tooManyCells } from "../data/cell-limit.ts";
import type { DocumentBytes } from "../data/isolated.ts";
import type { DataSource, ReadContext } from "../data/source.ts";
import type { Cell, Table, TableStream } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { unpackCell } from "../worker/packed-cell.ts";
import { type Starter, Worker } from "../worker/worker.ts";
import type { ParseQuestion, ReadAnswer, ReadQuestion } from "./protocol.ts";
import { readerErrors, readTimeout, startedLate, takerStalled } from "./reader-errors.ts";
import { ServedFiles } from "./served-files.ts";
import { TableAssembly } from "./table-plan.ts";
import { WorkClock } from "./work-clock.ts";

/** How much one read may take. */
export interface ReadLimits {
  /** Bytes of one process. */
  readonly readMemoryBytes: () => number;
  /** Seconds of work; 0: any. */
  readonly readTimeoutSeconds: () => number;
}

export interface ReaderProcessOptions {
  readonly limits: ReadLimits;
  readonly runtime: Starter;
  readonly onLook: (bytes: number) => void;
  readonly onEnding: (reason: HearthError | undefined) => void;
}

/** The result of a read, and when the process is free for another. */
export interface Occupied<T> {
  readonly result: T;
  readonly over: Promise<void>;
}

/** Milliseconds between two looks at a process's memory, which may grow by some MB in each. */
const LOOK_MS = 20;

/** Milliseconds that a process has for ending a read that nobody waits for any more. */
const ABORT_MS = 200;

/** Milliseconds in which a process has to start. */
const START_MS = 60_000;

/** Of the memory limit: what a process takes between two looks must fit into the rest. */
const WATCHED_SHARE = 0.85;

/** Milliseconds that who takes a table piece by piece may take nothing: the process waits all that time. */
const STALLED_MS = 60_000;

/** One reader process, as the server sees it. It reads one source at a time. */
export class ReaderProcess {
  readonly #worker: Worker;
  readonly #files: ServedFiles;
  readonly #limits: ReadLimits;

  private constructor(worker: Worker, files: ServedFiles, limits: ReadLimits) {
    this.#worker = worker;
    this.#files = files;
    this.#limits = limits;
  }

  /** Throws `reader-unavailable`. */
  static async start({ limits, runtime, onLook, onEnding }: ReaderProcessOptions): Promise<ReaderProcess> {
    const files = new ServedFiles();
    const worker = await Worker.start({
      runtime,
      flag: "reader",
      handlers: files.handlers,
      allowedBytes: () => limits.readMemoryBytes() * WATCHED_SHARE,
      onLook,
      periodMs: LOOK_MS,
      // Parsers do not pause; how long they may take is the clock's.
      silenceMs: Number.POSITIVE_INFINITY,
      onEnding(reason) {
        files.end();
        onEnding(reason);
      },
      errors: readerErrors(limits.readMemoryBytes),
    });
    return new ReaderProcess(worker, files, limits);
  }

  get pid(): number {
    return this.#worker.pid;
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** What it reads fails with this reason. */
  kill(reason: HearthError): void {
    this.#worker.kill(reason);
  }

  /** Reads a source. `onPark` is told when the read waits for its taker, and when it works again. */
  async read(
    type: string,
    source: DataSource,
    context: ReadContext,
    onPark: (isParked: boolean) => void,
  ): Promise<Occupied<TableStream>> {
    const work = this.#begin(context.signal);
    this.#files.begin(context.files, context.dependsOn);
    try {
      const { compute: _, ...asked } = source;
      const question: ReadQuestion = {
        type,
        source: asked as DataSource,
        memoryLimitBytes: context.memoryLimit,
        maxCells: context.maxCells,
      };
      const { schema, stream, whole } = (await work.ask("read", question)).value as ReadAnswer;
      const rows = whole?.rows ?? 0;
      checkCells(rows, schema.length, context.maxCells, "The table");
      const { batches } = this.#worker.channel.remote(stream, schema);
      if (whole === undefined)
        return this.#passing(work, { schema, batches }, context.maxCells * STREAM_FACTOR, onPark);
      const assembly = new TableAssembly(schema, whole);
      for await (const piece of work.watch(batches)) assembly.add(piece);
      this.#end(work);
      return { result: streamOf(assembly.finish()), over: Promise.resolve() };
    } catch (error) {
      this.#end(work);
      throw error;
    }
  }

  /** Parses a document. */
  async parse({ kind, shownName, bytes, signal }: DocumentBytes): Promise<Occupied<Cell>> {
    const work = this.#begin(signal);
    try {
      const question: ParseQuestion = { kind, shownName };
      const answer = await work.ask("parse", question, bytes);
      return { result: unpackCell(answer.bytes ?? new Uint8Array(0)), over: Promise.resolve() };
    } finally {
      this.#end(work);
    }
  }

  #begin(signal: AbortSignal): Work {
    signal.throwIfAborted();
    const seconds = this.#limits.readTimeoutSeconds();
    return new Work(this.#worker, signal, seconds);
  }

  #end(work: Work): void {
    work.end();
    this.#files.end();
  }

  #passing(
    work: Work,
    { schema, batches }: TableStream,
    most: number,
    onPark: (isParked: boolean) => void,
  ): Occupied<TableStream> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const worker = this.#worker;
    const end = () => {
      this.#end(work);
      resolve();
    };
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const park = () => {
      work.pause();
      onPark(true);
      stalled = setTimeout(() => worker.kill(takerStalled()), STALLED_MS);
    };
    const unpark = () => {
      clearTimeout(stalled);
      onPark(false);
      work.resume();
    };
    async function* counted(): AsyncGenerator<Table> {
      let rows = 0;
      try {
        unpark();
        for await (const batch of work.watch(batches)) {
          rows += batch.rows;
          if (rows * schema.length > most) throw tooManyCells(rows, schema.length, most, "The table");
          park();
          yield batch;
          unpark();
        }
      } finally {
        clearTimeout(stalled);
        end();
      }
    }
    park();
    return { result: { schema, batches: counted() }, over };
  }
}

/** One read while it runs: watched, timed, and broken off when its caller leaves. */
class Work {
  readonly #worker: Worker;
  readonly #signal: AbortSignal;
  readonly #clock: WorkClock;
  #abortTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(worker: Worker, signal: AbortSignal, seconds: number) {
    this.#worker = worker;
    this.#signal = signal;
    this.#clock = new WorkClock(seconds * 1000, () => worker.kill(readTimeout(seconds)));
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  readonly #abort = (): void => {
    void this.#worker.channel.ask("abort").catch(() => {});
    this.#abortTimer = setTimeout(() => this.#worker.kill(cancelled()), ABORT_MS);
  };

  async ask(name: string, value: unknown, bytes?: Uint8Array) {
    if (!this.#worker.channel.hasHeard) await this.#started();
    this.#clock.start();
    return await this.#worker.ask(name, value, bytes);
  }

  /** The start of a process is no work on the source: on a busy machine it takes seconds. */
  async #started(): Promise<void> {
    const timer = setTimeout(() => this.#worker.kill(startedLate()), START_MS);
    try {
      await this.#worker.channel.ask("ping");
    } finally {
      clearTimeout(timer);
    }
  }

  async *watch(batches: AsyncIterable<Table>): AsyncGenerator<Table> {
    const iterator = batches[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await this.#worker.during(() => iterator.next());
        this.#signal.throwIfAborted();
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  pause(): void {
    this.#clock.pause();
  }

  resume(): void {
    this.#clock.start();
  }

  end(): void {
    this.#clock.pause();
    clearTimeout(this.#abortTimer);
    this.#signal.removeEventListener("abort", this.#abort);
  }
}

function cancelled(): HearthError {
  return new HearthError("request-cancelled", "The request was cancelled");
}
