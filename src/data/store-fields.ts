import { HearthError } from "../errors.ts";
import { isCellObject } from "./json-keys.ts";

/** Names of the columns that say in which file a row lies. */
export interface StoreFields {
  readonly root: string;
  readonly directory: string;
  readonly filename: string;
}

/**
 * Reads `store_fields` of a source or an output. Throws `request-invalid`.
 *
 * @param filename default of that column's name
 */
export function parseStoreFields(given: unknown, filename: string): StoreFields {
  const defaults = { root: "sourceRoot", directory: "sourceDirectory", filename };
  if (given === undefined || given === null) return defaults;
  if (isCellObject(given) && Object.values(given).every((name) => typeof name === "string")) {
    return { ...defaults, ...(given as Partial<StoreFields>) };
  }
  throw new HearthError(
    "request-invalid",
    '"store_fields" is an object {root, directory, filename} of column names',
  );
}
