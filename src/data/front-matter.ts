/** A text with front matter, taken apart: nothing of it is parsed yet. */
export interface FrontMatter {
  /** The YAML between the two lines of dashes; undefined when the text has no front matter. */
  readonly head: string | undefined;
  /** Number of its first line in the file. */
  readonly headLine: number;
  /** What follows, without blanks around it; the whole text when there is no front matter. */
  readonly body: string;
}

/** A line of three or more dashes. */
const BOUNDARY = /^-{3,}\s*?$/gm;

/**
 * Splits a Markdown text at its front matter as `python-frontmatter` does: between a first and a second line of three or
 * more dashes, blank lines before the first passed over. Without a second such line it has none.
 */
export function splitFrontMatter(text: string): FrontMatter {
  const whole = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const trimmed = whole.trimStart();
  const none = { head: undefined, headLine: 1, body: trimmed.trimEnd() };
  const [first, second] = trimmed.matchAll(BOUNDARY);
  if (first?.index !== 0 || second === undefined) return none;
  const skipped = whole.slice(0, whole.length - trimmed.length).split("\n").length;
  return {
    head: trimmed.slice(first[0].length, second.index),
    headLine: skipped,
    body: trimmed.slice(second.index + second[0].length).trim(),
  };
}
