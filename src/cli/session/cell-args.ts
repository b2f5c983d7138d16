import type { CellPlace, SessionClient } from "../../client/session.ts";
import { HearthError } from "../../errors.ts";
import type { ArgDefs } from "../command.ts";

/** Which cell is meant; what is not said is where the session looks. */
export const cellArgs = {
  index: {
    type: "string",
    alias: "i",
    valueHint: "LABEL",
    description: "Row label; default: where the session looks",
  },
  column: { type: "string", alias: "c", valueHint: "NAME", description: "Column; default: likewise" },
} as const satisfies ArgDefs;

interface CellFlags {
  readonly index: string | undefined;
  readonly column: string | undefined;
}

/** A value as it is typed: JSON where it is some, else the text itself. */
export function typedValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * Does something in the cell that the flags mean. A label is taken for what it looks like, a number for one, and where
 * there is none like that, for a text.
 */
export async function inCell<T>(
  session: SessionClient,
  { index, column }: CellFlags,
  work: (place: CellPlace) => Promise<T>,
): Promise<T> {
  const place = {
    index:
      index === undefined
        ? (await session.operate<{ index: unknown }>("get_index")).index
        : typedValue(index),
    column: column ?? (await session.operate<{ column: string }>("get_column")).column,
  };
  try {
    return await work(place);
  } catch (error) {
    const isOther = index !== undefined && place.index !== index;
    if (!isOther || !(error instanceof HearthError) || error.code !== "cell-unknown") throw error;
    return await work({ ...place, index });
  }
}
