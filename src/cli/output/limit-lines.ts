const NEWLINE = 10;

/** The first `limit` lines of newline-delimited data; then it stops reading, which tells the server to stop. */
export async function* limitLines(
  lines: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let left = limit;
  if (left === 0) return;
  for await (const piece of lines) {
    let end = 0;
    while (left > 0 && end < piece.length) {
      const newline = piece.indexOf(NEWLINE, end);
      if (newline < 0) break;
      end = newline + 1;
      left -= 1;
    }
    if (left === 0) {
      yield piece.subarray(0, end);
      return;
    }
    yield piece;
  }
}
