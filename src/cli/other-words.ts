/** What people call hearth's commands from other programs. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  cat: "read",
  head: "read",
  show: "read",
  view: "read",
  query: "read",
  sql: "read",
  select: "read",
  convert: "write",
  save: "write",
  ps: "models list",
  ls: "models list",
  list: "models list",
  run: "chat",
  update: "upgrade",
  up: "start",
  down: "stop",
};

/** The command that a word of other programs means, if any; the name of a file means `read`. */
export function commandFor(word: string): string | undefined {
  if (Object.hasOwn(OTHER_WORDS, word)) return OTHER_WORDS[word];
  return /[./]/.test(word) ? `read ${word}` : undefined;
}
