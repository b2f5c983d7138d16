const NEWLINE = 10;
const COMMA = 44;
const OPEN = new TextEncoder().encode("[\n");
const CLOSE = new TextEncoder().encode("\n]\n");
const EMPTY = new TextEncoder().encode("[]\n");

/**
 * Newline-delimited JSON as one array, a record a line. The records pass through byte by byte, so numbers keep their
 * spelling and memory stays bounded.
 */
export async function* jsonArray(ndjson: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  let owesNewline = false;
  for await (const piece of ndjson) {
    if (piece.length === 0) continue;
    if (isFirst) yield OPEN;
    isFirst = false;
    yield separate(piece, owesNewline);
    owesNewline = piece.at(-1) === NEWLINE;
  }
  yield isFirst ? EMPTY : CLOSE;
}

/** Puts a comma before each line end but a last one, which is owed until more follows. */
function separate(piece: Uint8Array, owesNewline: boolean): Uint8Array {
  const last = piece.at(-1) === NEWLINE ? piece.length - 1 : piece.length;
  const separated = new Uint8Array(last + countNewlines(piece, last) + (owesNewline ? 2 : 0));
  let target = 0;
  const endLine = (): void => {
    separated[target++] = COMMA;
    separated[target++] = NEWLINE;
  };
  if (owesNewline) endLine();
  for (let start = 0; start < last;) {
    const end = piece.indexOf(NEWLINE, start);
    const lineEnd = end < 0 || end >= last ? last : end;
    separated.set(piece.subarray(start, lineEnd), target);
    target += lineEnd - start;
    if (lineEnd < last) endLine();
    start = lineEnd + 1;
  }
  return separated;
}

function countNewlines(piece: Uint8Array, last: number): number {
  let count = 0;
  for (let at = piece.indexOf(NEWLINE); at >= 0 && at < last; at = piece.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
