import { closingAfter, discard, tableBehind } from "../data/columns.ts";
import type { HeldParquet } from "../data/held-parquet.ts";
import { isCellObject, keysOf, type CellObject } from "../data/json-keys.ts";
import { didYouMean, listNames } from "../nearest.ts";
import { kindOf } from "../data/records.ts";
import type { Table, TableStream } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { Engine, EngineTable } from "../engine/engine.ts";
import { EngineStopped } from "../engine/stopped.ts";
import { noData, readSource, readTables, type ComputeContext } from "./input.ts";
import { FunctionLibrary, type LoadedFunctions, withProblems } from "../functions/library.ts";
import { functionOperation } from "./function-operation.ts";
import { OPERATIONS } from "./operations/index.ts";
import type { Operation, OperationInput, Params } from "./operation.ts";

export type { ComputeContext } from "./input.ts";
export type { Operation, OperationInput, Params, ReadResult } from "./operation.ts";

/** What a compute request gives. */
export interface ComputeResult {
  readonly operation: string;
  /** Parameters that the operation does not know, in words. */
  readonly warnings: readonly string[];
  /** The result; one batch when it is small. Read it to its end or break it off: a query may stand behind it. */
  readonly stream: TableStream;
}

export interface ComputeService {
  /** All operations, for help and documentation, and which modules of functions could not be loaded. */
  operations(): Promise<{ readonly operations: readonly Operation[]; readonly problems: readonly string[] }>;
  /**
   * Runs `{operation, data | data_source | sources, params}`.
   *
   * Throws `request-invalid` (shape, missing data or parameters), `operation-unknown` with the nearest name, and what
   * reading and the operation throw.
   */
  compute(request: CellObject, context: ComputeContext): Promise<ComputeResult>;
}

export interface ComputeOptions {
  readonly engine: Engine;
  /** Functions over rows and tables; each is an operation too. */
  readonly functions?: () => Promise<LoadedFunctions>;
  /** Of a function over all rows; 0: none. The engine has its own. */
  readonly timeLimitSeconds?: () => number;
}

/** Makes the service. It holds no state of its own. */
export function createComputeService({
  engine,
  functions = ownFunctions,
  timeLimitSeconds = () => 0,
}: ComputeOptions): ComputeService {
  const byFunctions = new WeakMap<LoadedFunctions, ReadonlyMap<string, Operation>>();
  const allOperations = async () => {
    const loaded = await functions();
    let byName = byFunctions.get(loaded);
    if (byName === undefined) byFunctions.set(loaded, (byName = operationsWith(loaded)));
    return { byName, problems: loaded.problems };
  };
  return {
    async operations() {
      const { byName, problems } = await allOperations();
      return { operations: [...byName.values()], problems };
    },
    async compute(request, context) {
      const { byName, problems } = await allOperations();
      const operation = findOperation(request["operation"], byName, problems);
      const params = checkParams(request["params"]);
      // What the engine takes to start and what the tables take to be read need not add up.
      if (operation.needsNoEngine !== true) engine.prepare();
      const stream = await retried(context, async (noting, alone) => {
        const tables = await readTables(request, noting);
        if (tables.length === 0 && operation.needsNoData !== true) throw noData(operation.name);
        return operation.run(
          params,
          createInput(engine, operation, tables, { ...noting, alone, timeLimitSeconds: timeLimitSeconds() }),
        );
      });
      return { operation: operation.name, warnings: unknownParams(operation, params), stream };
    },
  };
}

/** Names that no function of a program can have. */
export const RESERVED_NAMES: readonly string[] = [...OPERATIONS.map(({ name }) => name), "list", "explain"];

const OWN = new FunctionLibrary({ modules: () => [], reserved: RESERVED_NAMES });

function ownFunctions(): Promise<LoadedFunctions> {
  return OWN.load();
}

function operationsWith({ all, find }: LoadedFunctions): ReadonlyMap<string, Operation> {
  // The everyday ones first: lists of names are cut.
  const operations = [...OPERATIONS, ...all.map((each) => functionOperation(each, find))];
  return new Map(operations.map((operation) => [operation.name, operation]));
}

/** How often a query is run whose file was replaced or written to before its result began. */
const ATTEMPTS = 4;

/**
 * The result of a query with what it reads noted. It is run again where a file changed under it, and where the engine's
 * process ended because of another query: once beside others if it is known which that was, and once alone.
 */
async function retried(
  context: ComputeContext,
  query: (noting: ComputeContext, alone: boolean) => Promise<TableStream>,
): Promise<TableStream> {
  let changes = 0;
  let stopped: EngineStopped | undefined;
  let alone = false;
  for (;;) {
    const { noting, failed, checkAtEnd, canReadAgain } = noteInputs(context);
    try {
      return checkAtEnd(await query(noting, alone));
    } catch (error) {
      const reason = await failed(error);
      const isChanged = reason instanceof HearthError && reason.code === "file-changed";
      if (reason instanceof EngineStopped && !alone && context.signal?.aborted !== true) {
        alone = reason.runAlone || stopped !== undefined;
        stopped = reason;
      } else if (!isChanged || !canReadAgain() || (changes += 1) === ATTEMPTS) throw reason;
    }
  }
}

/**
 * Notes what a request's sources give: where the work fails, nobody reads the streams any more, and files that the
 * engine reads must be the same at the end of the result.
 */
function noteInputs(context: ComputeContext) {
  const streams: TableStream[] = [];
  const files: HeldParquet[] = [];
  const read: ComputeContext["read"] = async (source) => {
    const result = await context.read(source);
    if ("parquet" in result) files.push(result.parquet);
    if ("parquet" in result || result.table !== undefined) return result;
    const stream = await result.stream();
    streams.push(stream);
    return { stream: () => stream };
  };
  const closeFiles = () => files.forEach((file) => file.close());
  const failed = async (error: unknown): Promise<unknown> => {
    const reason = reasonOf(error, files);
    closeFiles();
    await Promise.all(streams.map(discard));
    return reason;
  };
  const checkAtEnd = (result: TableStream): TableStream => {
    if (files.length === 0) return result;
    if (tableBehind(result) === undefined)
      return { schema: result.schema, batches: closingAfter(checked(result.batches, files), closeFiles) };
    checkAll(files);
    closeFiles();
    return result;
  };
  // A stream may have been read already, and its source may not give it twice.
  const canReadAgain = () => files.length > 0 && streams.length === 0;
  return { noting: { ...context, read }, failed, checkAtEnd, canReadAgain };
}

async function* checked(batches: AsyncIterable<Table>, files: readonly HeldParquet[]): AsyncGenerator<Table> {
  try {
    yield* batches;
  } catch (error) {
    throw reasonOf(error, files);
  }
  checkAll(files);
}

function checkAll(files: readonly HeldParquet[]): void {
  for (const file of files) file.check();
}

/** A file that seems damaged may have been written to meanwhile: then that is what is said. */
function reasonOf(error: unknown, files: readonly HeldParquet[]): unknown {
  if (!(error instanceof HearthError) || error.code !== "data-invalid") return error;
  try {
    checkAll(files);
  } catch (changed) {
    return changed;
  }
  return error;
}

function findOperation(
  name: unknown,
  byName: ReadonlyMap<string, Operation>,
  problems: readonly string[],
): Operation {
  const names = [...byName.keys()];
  if (name === undefined || name === null) {
    const hint = `The operations are ${listNames(names)}.`;
    throw new HearthError("request-invalid", "Request must include 'operation'", { hint });
  }
  if (typeof name !== "string") {
    throw new HearthError("request-invalid", `"operation" must be a text, not ${kindOf(name)}`);
  }
  const operation = byName.get(name);
  if (operation !== undefined) return operation;
  const unknown = new HearthError("operation-unknown", `No operation named "${name}"`, {
    hint: didYouMean(name, names),
  });
  throw withProblems(unknown, problems);
}

function checkParams(params: unknown): Params {
  if (params === undefined || params === null) return {};
  if (isCellObject(params)) return params;
  throw new HearthError("request-invalid", `"params" must be an object, not ${kindOf(params)}`);
}

function unknownParams({ name, parameters }: Operation, params: Params): string[] {
  return keysOf(params as CellObject)
    .filter((key) => !Object.hasOwn(parameters, key))
    .map((key) => `The operation "${name}" has no parameter "${key}"; it is ignored`);
}

function createInput(
  engine: Engine,
  operation: Operation,
  tables: readonly EngineTable[],
  context: ComputeContext & { readonly timeLimitSeconds: number; readonly alone: boolean },
): OperationInput {
  return {
    tables,
    main: (but) => mainTable(operation.name, tables, but),
    open: (chosen = tables) => engine.open(chosen, context.signal, { alone: context.alone }),
    now: new Date(),
    timeZone: context.timeZone,
    signal: context.signal,
    timeLimitSeconds: context.timeLimitSeconds,
    read: (name, source) => readSource(name, source, context),
  };
}

function mainTable(operation: string, tables: readonly EngineTable[], but: string | undefined): EngineTable {
  const named = tables.find(({ name }) => name === "data" && name !== but);
  const others = tables.filter(({ name }) => name !== but);
  const main = named ?? (others.length === 1 ? others[0] : undefined);
  if (main !== undefined) return main;
  if (others.length === 0) throw noData(operation);
  throw new HearthError(
    "request-invalid",
    `"sources" has ${others.length} tables; the operation "${operation}" works on one`,
    {
      hint: 'Call that one "data".',
    },
  );
}
