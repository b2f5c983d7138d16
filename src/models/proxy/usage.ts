/** Tokens that an answer says it took; undefined: it does not say. */
export interface Usage {
  readonly input: number | undefined;
  readonly output: number | undefined;
}

/** Bytes at either end of an answer that are looked at. */
const KEPT_BYTES = 4096;

/**
 * Finds the usage in an answer that passes by: OpenAI's and Anthropic's `usage`, or what llama.cpp's server tells by its
 * own keys. Both ends of the body are copied as they pass, for to hold the pieces themselves keeps garbage collection
 * busy; they are read once, at the end.
 */
export class UsageWatch {
  readonly #head = new Uint8Array(KEPT_BYTES);
  readonly #tail = new Uint8Array(2 * KEPT_BYTES);
  #headBytes = 0;
  #tailBytes = 0;

  /** Takes note of a piece; costs some ten nanoseconds. */
  piece(bytes: Uint8Array): void {
    if (this.#headBytes < KEPT_BYTES) {
      const part = bytes.subarray(0, KEPT_BYTES - this.#headBytes);
      this.#head.set(part, this.#headBytes);
      this.#headBytes += part.length;
    }
    const end = bytes.length > KEPT_BYTES ? bytes.subarray(-KEPT_BYTES) : bytes;
    if (this.#tailBytes + end.length > this.#tail.length) {
      this.#tail.copyWithin(0, this.#tailBytes - KEPT_BYTES, this.#tailBytes);
      this.#tailBytes = KEPT_BYTES;
    }
    this.#tail.set(end, this.#tailBytes);
    this.#tailBytes += end.length;
  }

  /** What the answer has told so far. */
  read(): Usage {
    const first = Math.max(0, this.#tailBytes - KEPT_BYTES);
    return usageOfEnds(this.#head.subarray(0, this.#headBytes), this.#tail.subarray(first, this.#tailBytes));
  }
}

/** The usage in an answer that is there as a whole. */
export function usageOf(bytes: Uint8Array): Usage {
  return usageOfEnds(bytes.subarray(0, KEPT_BYTES), bytes.subarray(-KEPT_BYTES));
}

/** The last of what was told at the end; what is missing there, from the beginning. */
function usageOfEnds(head: Uint8Array, tail: Uint8Array): Usage {
  // A character that was cut at an end is no harm: keys and digits are all that is looked for.
  const decoder = new TextDecoder();
  const last = usageIn(decoder.decode(tail));
  const isWhole = tail.length < KEPT_BYTES;
  if (isWhole || (last.input !== undefined && last.output !== undefined)) return last;
  const first = usageIn(decoder.decode(head));
  return { input: last.input ?? first.input, output: last.output ?? first.output };
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
