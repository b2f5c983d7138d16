/** Tokens that an answer says it took; undefined: it does not say. */
export interface Usage {
  readonly input: number | undefined;
  readonly output: number | undefined;
}

/** Bytes at either end of an answer that are looked at. */
const KEPT_BYTES = 4096;

/** Pieces at either end of an answer that are kept: a usage that came in more of them is not found. */
const FIRST_PIECES = 16;
const LAST_PIECES = 8; // a power of two

/**
 * Finds the usage in an answer that passes by: OpenAI's and Anthropic's `usage`, or what llama.cpp's server tells by its
 * own keys. The first and the last pieces are held and read once, at the end: a stream has thousands, and each costs no
 * more here than a place in a list.
 */
export class UsageWatch {
  readonly #first: Uint8Array[] = [];
  readonly #last: Uint8Array[] = [];
  #count = 0;

  /** Takes note of a piece. */
  piece(bytes: Uint8Array): void {
    // Of a large one its end alone, or some streams would hold megabytes.
    const isLarge = bytes.length > KEPT_BYTES;
    if (this.#count < FIRST_PIECES) this.#first.push(isLarge ? bytes.slice(0, KEPT_BYTES) : bytes);
    this.#last[this.#count & (LAST_PIECES - 1)] = isLarge ? bytes.slice(-KEPT_BYTES) : bytes;
    this.#count += 1;
  }

  /** What the answer has told so far. */
  read(): Usage {
    const next = this.#count & (LAST_PIECES - 1);
    const isWhole = this.#count <= this.#last.length;
    const last = isWhole ? this.#last : [...this.#last.slice(next), ...this.#last.slice(0, next)];
    return usageOfEnds(joined(this.#first), joined(last));
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces);
}

/** The usage in an answer that is there as a whole. */
export function usageOf(bytes: Uint8Array): Usage {
  if (bytes.length <= KEPT_BYTES) return usageIn(textWithCounts(bytes));
  return usageOfEnds(bytes, bytes.subarray(-KEPT_BYTES));
}

/** The last of what was told at the end; what is missing there, from the beginning. */
function usageOfEnds(head: Uint8Array, tail: Uint8Array): Usage {
  const last = usageIn(textWithCounts(tail));
  if (last.input !== undefined && last.output !== undefined) return last;
  const first = usageIn(textWithCounts(head.subarray(0, KEPT_BYTES)));
  return { input: last.input ?? first.input, output: last.output ?? first.output };
}

const DECODER = new TextDecoder();
const KEYS = ['"usage"', '"timings"', '"tokens_'];

/** Bytes as text, or none where no key of a usage is in them: most answers need no text made of them. */
function textWithCounts(bytes: Uint8Array): string {
  const seen = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // A character that was cut at an end is no harm: keys and digits are all that is looked for.
  return KEYS.some((key) => seen.includes(key)) ? DECODER.decode(bytes) : "";
}

/** The last usage in a piece of JSON or of events. A quote within an answer's text is escaped, so it can't look like one. */
export function usageIn(text: string): Usage {
  const usage = lastObject(text, '"usage"');
  // llama.cpp's server, which sends no usage in streams unless asked to.
  const timings = lastObject(text, '"timings"');
  return {
    input:
      countIn(usage, "prompt_tokens") ??
      sum(countIn(usage, "input_tokens"), cachedIn(usage)) ??
      sum(countIn(timings, "prompt_n"), countIn(timings, "cache_n")) ??
      lastCount(text, "tokens_evaluated"),
    output:
      countIn(usage, "completion_tokens") ??
      countIn(usage, "output_tokens") ??
      countIn(timings, "predicted_n") ??
      lastCount(text, "tokens_predicted"),
  };
}

/** Anthropic's input tokens are without what was in a cache. */
function cachedIn(usage: Fields | undefined): number {
  return (
    (countIn(usage, "cache_read_input_tokens") ?? 0) + (countIn(usage, "cache_creation_input_tokens") ?? 0)
  );
}

type Fields = Readonly<Record<string, unknown>>;

/** The object behind the last such key, where it is whole; `null`, which streams send before their end, is none. */
function lastObject(text: string, key: string): Fields | undefined {
  // On Bun a search from the front is many times quicker than one from the back.
  if (!text.includes(key)) return undefined;
  for (let at = text.lastIndexOf(key); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(key, at - 1)) {
    const found = objectAt(text, at + key.length);
    if (found !== undefined) return found;
  }
  return undefined;
}

function objectAt(text: string, from: number): Fields | undefined {
  const start = /^\s*:\s*\{/.exec(text.slice(from, from + 32))?.[0].length;
  if (start === undefined) return undefined;
  const begin = from + start - 1;
  let depth = 0;
  for (let end = begin; end < text.length; end += 1) {
    if (text[end] === "{") depth += 1;
    else if (text[end] === "}") depth -= 1;
    if (depth > 0) continue;
    return parsed(text.slice(begin, end + 1));
  }
  return undefined;
}

function parsed(json: string): Fields | undefined {
  try {
    return JSON.parse(json) as Fields;
  } catch {
    return undefined;
  }
}

function countIn(fields: Fields | undefined, key: string): number | undefined {
  const value = fields?.[key];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function lastCount(text: string, key: string): number | undefined {
  if (!text.includes(`"${key}"`)) return undefined;
  const found = /^"\w+"\s*:\s*(\d{1,15})\b/.exec(text.slice(text.lastIndexOf(`"${key}"`)));
  return found === null ? undefined : Number(found[1]);
}

function sum(count: number | undefined, more: number | undefined): number | undefined {
  return count === undefined ? undefined : count + (more ?? 0);
}
