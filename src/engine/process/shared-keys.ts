/** How many tables are known again; a warm database is one of the last few. */
const MAX_KEYS = 64;

/** The same object for the same key, as long as it is one of the last few: what the server's tables are called here. */
export class SharedKeys {
  readonly #objects = new Map<number, object>();

  of(key: number): object {
    const known = this.#objects.get(key) ?? { key };
    this.#objects.delete(key);
    this.#objects.set(key, known);
    const [oldest] = this.#objects.keys();
    if (this.#objects.size > MAX_KEYS && oldest !== undefined) this.#objects.delete(oldest);
    return known;
  }
}
