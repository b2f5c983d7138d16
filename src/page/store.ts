import { useEffect, useState } from "preact/hooks";

/** A value that views look at, and draw themselves again when it changes. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  /** Changes some fields. */
  patch(changed: Partial<T>): void;
  subscribe(listener: () => void): () => void;
}

/** A store with its first value. Listeners are told once for all changes within a frame. */
export function createStore<T extends object>(first: T): Store<T> {
  const listeners = new Set<() => void>();
  let value = first;
  let isTelling = false;
  const tell = () => {
    if (isTelling) return;
    isTelling = true;
    queueMicrotask(() => {
      isTelling = false;
      for (const listener of listeners) listener();
    });
  };
  const set = (next: T) => {
    value = next;
    tell();
  };
  return {
    get: () => value,
    set,
    patch: (changed) => set({ ...value, ...changed }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The store's value, in a view that is drawn again with every change of it. */
export function useStore<T extends object>(store: Store<T>): T {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    setValue(store.get());
    return store.subscribe(() => setValue(store.get()));
  }, [store]);
  return value;
}
