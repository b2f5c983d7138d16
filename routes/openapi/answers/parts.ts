import * as v from "valibot";
import { described } from "../../schemas.ts";

/** Gives a schema a name among the description's components. */
export function named<T>(ref: string): ReturnType<typeof described<T>> {
  return described({ ref });
}

/** A schema with what it means. */
export function said<const S extends v.GenericSchema>(schema: S, meaning: string) {
  return v.pipe(schema, v.description(meaning));
}

/** A whole number, 0 or more. */
export function count(meaning: string) {
  return v.pipe(v.number(), v.integer(), v.minValue(0), v.description(meaning));
}

/** A number, 0 or more. */
export function amount(meaning: string) {
  return v.pipe(v.number(), v.minValue(0), v.description(meaning));
}

/** An answer that is a mapping with `status: "success"`. */
export function success<const E extends v.ObjectEntries>(entries: E) {
  return v.object({ status: v.literal("success"), ...entries });
}

export const Warnings = v.optional(
  said(v.array(v.string()), "What the request had that nobody used, in words; absent: nothing"),
);

export const EpochSeconds = amount("Seconds since 1970");

/** The answer of what has nothing to tell but that it was done. */
export const MessageAnswer = success({ message: said(v.string(), "What was done, in words") });
