/** What a server prints when it will never answer again, though it goes on running. */
const FAILURES = [
  // Its loader runs in a thread of its own; without it /health says 503 for ever, in older versions 200. mlx_lm 0.32.2.
  { program: /(?:^|\/)mlx_lm(?:\.server)?$/, line: /generation thread died/ },
];

/** Tells the line by which a command's server says that it has failed for good; undefined: none is known. */
export function failureLineOf(command: readonly string[]): RegExp | undefined {
  return FAILURES.find(({ program }) => command.some((word) => program.test(word)))?.line;
}
