import { HearthError } from "../../errors.ts";

/** A key of a JSON object and what opens its value; strings are taken whole, so that no text counts as a key. */
const KEYS = /"((?:[^"\\]|\\.)*)"(?=\s*(:)?)/g;

/**
 * True when a JSON body has several keys `model`, written in whatever way: parsers differ in which of them they take, so
 * a request could name one model to hearth and another to the server.
 */
export function namesSeveralModels(bytes: Uint8Array): boolean {
  let count = 0;
  for (const [, key = "", colon] of new TextDecoder().decode(bytes).matchAll(KEYS)) {
    if (colon !== undefined && isModel(key)) count += 1;
    if (count > 1) return true;
  }
  return false;
}

function isModel(key: string): boolean {
  if (key === "model") return true;
  // A key of six letters that are all escaped has 36.
  if (!key.includes("\\") || key.length > 40) return false;
  try {
    return JSON.parse(`"${key}"`) === "model";
  } catch {
    return false;
  }
}

/** A path and query whose only `model` is this one, where it has any. */
export function withOneModel(target: string, name: string): string {
  const [path, query] = split(target);
  if (query === undefined) return target;
  const params = new URLSearchParams(query);
  const named = [...params.keys()].filter((key) => key === "model").length;
  if (named === 0 || (named === 1 && params.get("model") === name)) return target;
  params.set("model", name);
  return `${path}?${params.toString()}`;
}

function split(target: string): readonly [path: string, query: string | undefined] {
  const at = target.indexOf("?");
  return at === -1 ? [target, undefined] : [target.slice(0, at), target.slice(at + 1)];
}

/** The head of a form's part whose name may be read as `model`; lenient, as some servers are. */
const MODEL_PART = /content-disposition\s*:[^\r\n]*?\bname\*?\s*=[^;\r\n]{0,60}model/gi;

/** Longer than any head of a field that somebody means. */
const OVERLAP_BYTES = 1024;

/**
 * A form's pieces as they are, watched for a further field `model`.
 *
 * @throws HearthError `request-invalid` in place of the piece that has one
 */
export async function* withoutFurtherModel(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let end = "";
  for await (const piece of pieces) {
    const text = end + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("latin1");
    if (countModelParts(text) > 0) throw severalModels();
    end = text.slice(-OVERLAP_BYTES);
    yield piece;
  }
}

/** Throws `request-invalid` when the beginning of a form, up to its field `model`, has another one. */
export function checkOneModelPart(before: Uint8Array): void {
  if (countModelParts(Buffer.from(before).toString("latin1")) > 1) throw severalModels();
}

function countModelParts(text: string): number {
  return [...text.matchAll(MODEL_PART)].length;
}

function severalModels(): HearthError {
  return new HearthError("request-invalid", "The form has more than one field named model", {
    hint: "Send the field model once.",
  });
}
