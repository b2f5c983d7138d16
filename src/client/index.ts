/**
 * What a script imports as `hearthd/client`: reading, writing and computing through a local hearth, which starts itself,
 * or through one by its address.
 *
 * @example
 * import { createClient } from "hearthd/client";
 * const { records } = await createClient().read("cities.csv");
 */
export { HearthError, type FaultCode } from "../errors.ts";
export { createClient, HearthClient, type Rows } from "./client.ts";
export type {
  HealthAnswer,
  HearthFacts,
  OperationFacts,
  OperationsAnswer,
  PingAnswer,
  SaveAnswer,
  SessionFacts,
  StatusAnswer,
  TableAnswer,
  WriteAnswer,
} from "./answers.ts";
export type { ComputeInput, DataBody, ReadOptions, ReadSource, WriteOutput } from "./build-request.ts";
export type { CellPlace, NewSessionOptions, SessionClient } from "./session.ts";
export type { StreamFormat } from "./formats.ts";
export type { ClientOptions, RequestOptions } from "./options.ts";
