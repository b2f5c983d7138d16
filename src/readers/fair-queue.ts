/** Who waits, in turn by caller: one that wants much waits behind itself only. */
export class FairQueue<T> {
  /** By caller, the one whose turn comes next first; none is empty. */
  readonly #waiting = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(caller: string, item: T): void {
    const own = this.#waiting.get(caller);
    if (own === undefined) this.#waiting.set(caller, [item]);
    else own.push(item);
    this.#size += 1;
  }

  /** Puts an item where it comes before all others. */
  addFirst(caller: string, item: T): void {
    const own = this.#waiting.get(caller) ?? [];
    const others = [...this.#waiting].filter(([name]) => name !== caller);
    this.#waiting.clear();
    this.#waiting.set(caller, [item, ...own]);
    for (const [name, items] of others) this.#waiting.set(name, items);
    this.#size += 1;
  }

  /** The next of the caller whose turn it is; that caller is the last to come again. */
  take(): T | undefined {
    const [next] = this.#waiting;
    if (next === undefined) return undefined;
    const [caller, [item, ...rest]] = next;
    this.#waiting.delete(caller);
    if (rest.length > 0) this.#waiting.set(caller, rest);
    this.#size -= 1;
    return item;
  }

  /** Removes an item that waits no more. */
  remove(caller: string, item: T): void {
    const own = this.#waiting.get(caller);
    const at = own?.indexOf(item) ?? -1;
    if (own === undefined || at < 0) return;
    own.splice(at, 1);
    if (own.length === 0) this.#waiting.delete(caller);
    this.#size -= 1;
  }
}
