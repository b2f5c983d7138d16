import { split } from "shlex";

/**
 * Splits a command line as a POSIX shell does, without running one: quotes and backslashes count, variables, `~` and
 * wildcards don't. Lines that start with `#` are dropped; a backslash at the end of a line, or nothing at all, continues
 * it.
 *
 * @throws Error with the reason, for a quote without its end or for nothing at all
 */
export function splitCommand(text: string): [string, ...string[]] {
  const lines = text.split(/\r?\n/).filter((line) => !line.trimStart().startsWith("#"));
  const joined = lines.map((line) => line.replace(/(?<!\\)\\\s*$/, " ")).join("\n");
  let words: string[];
  try {
    words = split(joined);
  } catch (cause) {
    throw new Error("a quote has no end, or a backslash nothing after it", { cause });
  }
  const [program, ...args] = words;
  if (program === undefined) throw new Error("there is no command in it");
  return [program, ...args];
}
