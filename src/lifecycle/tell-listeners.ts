/** Calls every listener: one that throws keeps neither the others nor the caller from going on, and is removed. */
export function tellListeners<T>(listeners: Set<(value: T) => void>, value: T): void {
  for (const listener of listeners) {
    try {
      listener(value);
    } catch {
      listeners.delete(listener);
    }
  }
}
