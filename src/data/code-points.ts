/** Orders texts by code point, as Python does; JavaScript's own order differs above the surrogates. */
export function codePointOrder(one: string, other: string): number {
  if (one === other) return 0;
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
