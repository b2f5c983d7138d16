import * as v from "valibot";
import type { HearthOptions } from "./embedded.ts";
import { HearthError } from "./errors.ts";

const BYTES = "a whole number of bytes, 0 or more";
const CELLS = "a whole number of cells, 1 or more";
const SECONDS = "a number of seconds, 0 or more";
const TEXT = "a text that is not empty";
const TEXTS = "a list of texts";
const FUNCTION = "a function";

const Bytes = v.pipe(v.number(BYTES), v.safeInteger(BYTES), v.minValue(0, BYTES));
const Cells = v.pipe(v.number(CELLS), v.safeInteger(CELLS), v.minValue(1, CELLS));
const Seconds = v.pipe(v.number(SECONDS), v.finite(SECONDS), v.minValue(0, SECONDS));
const Text = v.pipe(v.string(TEXT), v.nonEmpty(TEXT));
const Texts = v.array(v.pipe(v.string(TEXTS), v.nonEmpty(TEXTS)), TEXTS);

/** Every option has to be here: what is not checked would be taken as it comes. */
const SCHEMAS = {
  roots: Texts,
  directory: Text,
  authorize: v.function(FUNCTION),
  token: Text,
  allowedHosts: Texts,
  allowedOrigins: Texts,
  guestEnvironment: Texts,
  otherUsers: v.boolean("true or false"),
  bodyLimitBytes: Bytes,
  uploadLimitBytes: Bytes,
  spillLimitBytes: Bytes,
  cacheLimitBytes: Bytes,
  memoryBudgetBytes: Bytes,
  computeTimeoutSeconds: Seconds,
  maxCells: Cells,
  guestWrites: v.picklist(["data", "any", "none"], "`data`, `any` or `none`"),
  config: Text,
  stateDir: Text,
  onError: v.function(FUNCTION),
  functions: v.looseObject({}, "an object of functions by name"),
} satisfies Record<keyof HearthOptions, v.GenericSchema>;

/** Looks whether each option that is given is of its kind: programs need not be typed. Throws `config-invalid`. */
export function checkOptions(options: HearthOptions): void {
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const value: unknown = options[name as keyof HearthOptions];
    const { issues } = v.safeParse(v.optional(schema), value, { abortEarly: true });
    if (issues === undefined) continue;
    const got = name === "token" ? "" : `, got ${shown(value)}`; // no secret in a message
    throw new HearthError("config-invalid", `\`${name}\`: expected ${issues[0].message}${got}`, {
      hint: "Leave it out for the default.",
    });
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
