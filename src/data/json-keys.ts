import type { Cell } from "./table.ts";

/** A mapping among the cells, as a JSON parser makes it. */
export type CellObject = { readonly [key: string]: Cell };

/**
 * Under this symbol an object holds its keys in the order they were written, where JavaScript would give another:
 * it puts keys such as "2021" first. Not enumerable, and absent when the usual order is right.
 */
export const KEY_ORDER: unique symbol = Symbol("hearth.keyOrder");

/** The keys of a mapping in the order they were written. */
export function keysOf(object: CellObject): readonly string[] {
  return (object as { [KEY_ORDER]?: readonly string[] })[KEY_ORDER] ?? Object.keys(object);
}

/** The value of a key that the mapping itself has; undefined for absent ones, `constructor` and the like included. */
export function ownValue(object: CellObject, key: string): Cell | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** True for a mapping: not a list, not null, not a `WholeFloat`. */
export function isCellObject(value: unknown): value is CellObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Makes a mapping of entries; the order is kept, `__proto__` is a key like any other, the last of equal keys wins. */
export function objectFrom(entries: Iterable<readonly [string, Cell]>): CellObject {
  const object: { [key: string]: Cell } = {};
  const keys: string[] = [];
  for (const [key, value] of entries) {
    if (!Object.hasOwn(object, key)) keys.push(key);
    setOwn(object, key, value);
  }
  keepOrder(object, keys);
  return object;
}

/** Sets a key of the object itself: plain assignment of `__proto__` would change its prototype. */
export function setOwn(object: { [key: string]: Cell }, key: string, value: Cell): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else object[key] = value;
}

/** Notes the order in which the keys were written, if JavaScript would give another. */
export function keepOrder(object: object, written: readonly string[]): void {
  const usual = Object.keys(object);
  if (written.every((key, position) => usual[position] === key)) return;
  Object.defineProperty(object, KEY_ORDER, { value: written });
}
