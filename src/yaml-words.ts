import type { ErrorCode } from "yaml";

/** Our own sentences for what the YAML library reports; JSON files are read by it too, so they fit both. */
const SENTENCES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "an alias (*name) can't have a tag or an anchor of its own",
  BAD_ALIAS: "an alias (*name) is not complete",
  BAD_COLLECTION_TYPE: "a list or mapping has a tag that does not fit it",
  BAD_DIRECTIVE: "a line beginning with % is not understood",
  BAD_DQ_ESCAPE: 'a text in "..." has a backslash that means nothing',
  BAD_INDENT: "the indentation does not fit the lines around it",
  BAD_PROP_ORDER: "an anchor or tag stands in the wrong place",
  BAD_SCALAR_START: "a text can't begin with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "there is a second key in this line; put the text in quotes, or begin a new line",
  BLOCK_IN_FLOW: "an indented block can't stand inside [...] or {...}",
  DUPLICATE_KEY: "this key stands here a second time",
  IMPOSSIBLE: "this can't be read",
  KEY_OVER_1024_CHARS: "a key is longer than 1024 characters",
  MISSING_CHAR: 'something is missing here: a closing quote, ":", "," or a closing bracket',
  MULTILINE_IMPLICIT_KEY: "a key can't go over several lines",
  MULTIPLE_ANCHORS: "a value can have one anchor (&name) only",
  MULTIPLE_DOCS: "a second document begins here (---), and one is expected",
  MULTIPLE_TAGS: "a value can have one tag (!name) only",
  NON_STRING_KEY: "a key has to be a text",
  RESOURCE_EXHAUSTION: "it is nested too deeply",
  TAB_AS_INDENT: "a tab can't be used for indentation; use blanks",
  TAG_RESOLVE_FAILED: "the tag (!name) is not known",
  UNEXPECTED_TOKEN: "this does not belong here",
};

/** What is wrong with a YAML text, in our own words; the same under every runtime and version of the library. */
export function yamlSentence(code: ErrorCode): string {
  return SENTENCES[code] ?? "this can't be read";
}
