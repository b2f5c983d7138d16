/** Headers of an answer that go back to the client; everything else of a model's server or a peer stays behind. */
const PASSED = new Set([
  "accept-ranges",
  "age",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
  "date",
  "etag",
  "expires",
  "last-modified",
  "ratelimit",
  "ratelimit-policy",
  "request-id",
  "retry-after",
  "retry-after-ms",
  "server-timing",
  "vary",
  "x-accel-buffering",
  "x-should-retry",
]);

/** Beginnings of names: what OpenAI's, Anthropic's and Hugging Face's servers tell of a request. */
const PASSED_BEGINNINGS = [
  "anthropic-",
  "openai-",
  "ratelimit-",
  "x-compute-",
  "x-ratelimit-",
  "x-inference-",
  "x-queue-",
  "x-total-",
];

/** True for a header of an answer that may reach the client. @param name in lower case */
export function isPassedHeader(name: string): boolean {
  return PASSED.has(name) || PASSED_BEGINNINGS.some((beginning) => name.startsWith(beginning));
}

/** A media type with its parameters, and nothing else (RFC 9110, 8.3.1). */
const MEDIA_TYPE = /^([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)[ \t]*(?:;[^,]*)?$/;

/** Types that no browser runs or lays out as a page. */
const PASSIVE =
  /^(?:application\/(?:json|[\w.-]+\+json|json-seq|jsonl|jsonlines|x-ndjson|x-jsonlines|octet-stream|pdf|zip|gzip|x-subrip|vnd\.apache\.[\w.]+)|text\/(?:plain|event-stream|csv|markdown|vtt)|(?:audio|video)\/[\w.+-]+|image\/(?!svg)[\w.-]+|font\/[\w.+-]+)$/i;

const PLAIN_TEXT = "text/plain; charset=utf-8";

/** Pages of a model's server may show themselves, but not as hearth's: their origin is none. */
const PAGE_POLICY = "sandbox allow-scripts allow-forms allow-popups allow-downloads";
const DATA_POLICY = "default-src 'none'; sandbox";

/**
 * Makes an answer of a server that is not hearth's harmless on hearth's origin: no browser guesses its type, none runs it
 * with the rights of hearth's own page.
 *
 * @param mayBePage an answer below `/upstream`, where HTML stays HTML; elsewhere what is no data becomes plain text
 */
export function disarm(headers: Headers, mayBePage: boolean): void {
  const type = headers.get("content-type")?.trim() ?? "";
  const [, essence] = MEDIA_TYPE.exec(type) ?? [];
  // Several types in one header, a broken one or none: each browser would choose its own.
  const isClear = essence !== undefined && !essence.includes("*");
  if (!isClear || !(mayBePage || PASSIVE.test(essence))) headers.set("content-type", PLAIN_TEXT);
  headers.set("x-content-type-options", "nosniff");
  headers.set("content-security-policy", mayBePage ? PAGE_POLICY : DATA_POLICY);
}
