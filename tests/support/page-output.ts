/** What differs from run to run, by name: each is made equal in what a page shows and in what was printed. */
const NORMALISATIONS: Readonly<Record<string, readonly [RegExp, string]>> = {
  "words while a server starts slowly": [/^starting, [\d.]+ s\n/gm, ""],
  "process ids": [/\b(pid"?:? *)\d+/g, "$1PID"],
  "request ids": [/("request_id":"|\bid=)[\w-]+/g, "$1REQUEST"],
  "instance ids": [/("id":")[a-z0-9]{8}"/g, '$1INSTANCE"'],
  "session ids": [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "SESSION"],
  "derived ports": [
    /\b2\d{4}\b(?=, or the next free one)|(?<=(?:127\.0\.0\.1|localhost):)(?:2\d|5\d)\d{2,3}\b/g,
    "PORT",
  ],
  durations: [/\b[\d.,]+ (ms|s|min|h)\b/g, "TIME"],
  "durations in JSON": [/("(?:\w+_seconds|ms)":)[\d.]+/g, "$1TIME"],
  "moments in JSON": [/("(?:created_time|last_accessed)":)[\d.]+/g, "$1TIME"],
  moments: [/\b(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d\.\d+Z?/g, "MOMENT"],
  "sizes in memory and on disk": [/\b[\d.]+ (kB|MB|GB|MiB|GiB)/g, "SIZE"],
  "sizes in JSON": [/("(?:rss_mb|percent|cpu_percent)":)[\d.]+/g, "$1SIZE"],
  "the default instance, which has a port of its own in tests": [/\b127-0-0-1-8765\b/g, "default"],
  "figures of benchmarks": [/\b[\d.]+ times faster \([\d.]+ to [\d.]+ |after +\d+ calls?/g, "FIGURE"],
  "counts of requests": [/\b\d+ served\b/g, "COUNT served"],
  "hits of the cache": [/\b(entries|hits|misses) \d+/g, "$1 COUNT"],
  "versions of hearth": [/(\bhearth(?: {2,}| ")?|version[": ]+)\d+\.\d+\.\d+(-\w+)?/g, "$1VERSION"],
  "versions of runtimes": [
    /\b(bun|node|deno|DuckDB|Python|python)(["/: ]*(?:version":")?v?)\d+\.\d+(\.\d+)?/g,
    "$1$2VERSION",
  ],
  "widths of columns": [/ {2,}|─+/g, "  "],
  "blanks at the end of a line": [/ +$/gm, ""],
};

/**
 * Whether what was printed is what a page shows, runs apart. `...` in the page stands for any text, and for any lines
 * where it is a line of its own.
 *
 * @returns undefined if it is; else both, made equal where they may differ, for a person to compare
 */
export function compareOutput(
  shown: string,
  printed: string,
): { shown: string; printed: string } | undefined {
  const [wanted, got] = [normalise(shown), normalise(printed)];
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = wanted
    .split(/^\.\.\.$/m)
    .map((part) =>
      part
        .split(/ ?\.\.\./)
        .map(literal)
        .join("[^\\n]*?"),
    )
    .join("[^]*?");
  return new RegExp(`^${pattern}$`).test(got) ? undefined : { shown: wanted, printed: got };
}

function normalise(text: string): string {
  return Object.values(NORMALISATIONS).reduce((rest, [found, made]) => rest.replaceAll(found, made), text);
}
