import type { Context } from "hono";
import { READERS } from "../src/data/readers/index.ts";
import { didYouMean, listNames } from "../src/nearest.ts";
import { spoolBody, type SpooledBody } from "../src/data/spool.ts";
import { parseJson } from "../src/data/json-parse.ts";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { streamBody } from "./read-body.ts";

/** Milliseconds that a guest's upload may pause; the owner's may come from a slow pipe and pause for any time. */
const GUEST_STALL_MS = 30_000;

/**
 * Puts the request's body down in a file, within `uploadLimit` and in bounded memory, and removes it when `use` is done
 * or when the answer that it gives has been sent. Throws `too-busy` when too many guests' uploads are on their way.
 */
export async function withUpload(
  c: Context<HearthEnv>,
  hearth: Hearth,
  use: (spooled: SpooledBody) => Promise<Response>,
): Promise<Response> {
  const isOwner = contextOf(c).caller().kind === "owner";
  // Refused before a byte is read, so that the client is still there to read the answer.
  hearth.spillBudget.check(Number(c.req.header("content-length") ?? 0) || 0);
  const freePlace = isOwner ? () => {} : hearth.guestUploads.take();
  const body = streamBody(c.req.raw, {
    limitBytes: hearth.settings().uploadLimitBytes,
    stallMs: isOwner ? 0 : GUEST_STALL_MS,
    setting: "uploadLimit",
  });
  const spooled = await hearth
    .spillFolder()
    .then((folder) => spoolBody(body, folder, hearth.spillBudget.lease()))
    .finally(freePlace);
  try {
    return await use(spooled);
  } finally {
    // Readers hold the file open for as long as they stream from it; its name is not needed any more.
    spooled.remove();
  }
}

/** Type of the table in a body: the one named in the query, else by content type. Throws `media-type-unsupported`. */
export function bodyType(named: string | undefined, contentType: string | undefined): string {
  if (named !== undefined) {
    if (READERS.has(named)) return named;
    throw new HearthError("type-unknown", `Unknown type "${named.slice(0, 40)}" of a body`, {
      hint: didYouMean(named, READERS.types),
    });
  }
  const type = contentType === undefined ? undefined : READERS.typeOfMedia(contentType);
  if (type !== undefined) return type;
  const shown =
    contentType === undefined ? "no content type" : `the content type ${contentType.slice(0, 80)}`;
  throw new HearthError("media-type-unsupported", `A body with ${shown} can't be read as a table`, {
    hint: `Send one of text/csv, application/x-ndjson, application/json, application/vnd.apache.parquet or application/vnd.apache.arrow.stream, or name the type: ${listNames(READERS.types)}.`,
  });
}

/**
 * Parameters of a source or an output in a query: those whose name begins with `prefix`, or, without one, those without
 * a dot. What reads as a JSON number, list, mapping, true, false or null is one; the rest is text.
 */
export function queryParameters(
  query: Readonly<Record<string, string>>,
  prefix: string,
  except: readonly string[],
): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(query)) {
    if (except.includes(name) || (prefix === "" ? name.includes(".") : !name.startsWith(prefix))) continue;
    parameters[name.slice(prefix.length)] = valueOf(text);
  }
  return parameters;
}

const JSON_LIKE = /^(?:-?\d+(?:\.\d+)?|true|false|null|\[.*\]|\{.*\})$/s;

function valueOf(text: string): unknown {
  if (!JSON_LIKE.test(text)) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
