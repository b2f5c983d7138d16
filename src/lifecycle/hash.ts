/**
 * A 53-bit hash of a text, for names and port numbers; not for secrets. cyrb53 by bryc
 * (github.com/bryc/code, public domain): its own few lines, because loading `node:crypto` costs a client 6 ms.
 */
export function hashText(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** The same as eight characters of `[0-9a-z]`, for file names. */
export function shortHash(text: string): string {
  return hashText(text).toString(36).padStart(8, "0").slice(-8);
}
