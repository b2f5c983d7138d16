/**
 * A clock whose time passes only when all work waits for it, so that what is measured by it never depends on how busy the
 * machine is.
 */
export class VirtualClock {
  #nowMs = 0;
  readonly #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  readonly now = (): number => this.#nowMs;

  readonly pause = (ms: number): Promise<void> =>
    new Promise((wake) => {
      this.#sleepers.push({ atMs: this.#nowMs + ms, wake });
      this.#sleepers.sort((a, b) => a.atMs - b.atMs);
    });

  /** Lets time pass until the work has ended, and gives its result. */
  async run<T>(work: Promise<T>): Promise<T> {
    const end = { isReached: false };
    void work.catch(() => {}).finally(() => (end.isReached = true));
    while (!end.isReached) {
      // Everything that can go on without the clock goes on first.
      await new Promise((resolve) => setImmediate(resolve));
      const next = end.isReached ? undefined : this.#sleepers.shift();
      if (next === undefined) continue;
      this.#nowMs = next.atMs;
      next.wake();
    }
    return await work;
  }
}
