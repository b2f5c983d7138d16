import type { OpenedFile } from "../access/files.ts";
import { HearthError } from "../errors.ts";
import type { ByteInput } from "./bytes.ts";
import { filenameOf, pathOptionsOf } from "./source-check.ts";
import type { DataSource, ReadContext } from "./source.ts";

/**
 * Opens the file of a data source as the caller may, and notes that the result depends on it. Throws `request-invalid`
 * without `filename`, and what `FileAccess.open` throws. Close it.
 */
export async function openSource(
  source: DataSource,
  context: Pick<ReadContext, "files" | "dependsOn">,
): Promise<OpenedFile> {
  const file = await context.files.open(filenameOf(source), pathOptionsOf(source));
  context.dependsOn(file.stamp);
  return file;
}

/**
 * All bytes of an input in one piece. Throws `data-too-large` beyond `limitBytes`, with `hint`, and what the input and
 * the signal throw.
 */
export async function readWhole(
  input: ByteInput,
  limit: { readonly bytes: number; readonly hint: string; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input.open()) {
    limit.signal.throwIfAborted();
    size += chunk.length;
    if (size > limit.bytes) throw tooLarge(input.shownName, limit);
    chunks.push(chunk);
  }
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(
  shownName: string,
  { bytes, hint }: { readonly bytes: number; readonly hint: string },
): HearthError {
  const message = `"${shownName}" holds more than the ${Math.floor(bytes / 2 ** 20)} MiB that may be in memory`;
  return new HearthError("data-too-large", message, { hint });
}
