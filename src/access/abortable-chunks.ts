/** Marks what a source threw, so that its errors are not taken for those of the file being written. */
export class SourceFailure extends Error {}

/**
 * The same chunks, but an abort ends the waiting at once, also for a source that stays silent. Throws the signal's
 * reason, or `SourceFailure` with the source's own error as its cause.
 */
export async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([nextChunk(iterator), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    // Not awaited: a generator that waits for its own source would only answer after that
    iterator.return?.()?.catch(() => {});
  }
}

async function nextChunk(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await iterator.next();
  } catch (error) {
    throw new SourceFailure("The source failed", { cause: error });
  }
}
