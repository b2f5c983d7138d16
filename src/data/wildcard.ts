/**
 * True when a name matches a shell pattern: `*`, `?`, `[abc]`, `[!a-c]`. As in Python's `glob`, a name that begins with a
 * point only matches a pattern that does. In time linear in name times pattern, whatever the pattern.
 */
export function matchesWildcard(name: string, pattern: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  const tokens = tokensOf(pattern);
  const characters = Array.from(name);
  let at = 0;
  let token = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < characters.length) {
    const wanted = tokens[token];
    if (wanted === "*") {
      star = token;
      resumeAt = at;
      token += 1;
    } else if (wanted !== undefined && takes(wanted, characters[at] as string)) {
      at += 1;
      token += 1;
    } else if (star >= 0) {
      resumeAt += 1;
      at = resumeAt;
      token = star + 1;
    } else return false;
  }
  while (tokens[token] === "*") token += 1;
  return token === tokens.length;
}

/** Anything, one character of any kind, or one of a set. */
type Token =
  | "*"
  | "?"
  | { readonly only: string }
  | { readonly ranges: readonly string[]; readonly isNot: boolean };

function tokensOf(pattern: string): Token[] {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let i = 0; i < characters.length; i += 1) {
    const character = characters[i] as string;
    const end = character === "[" ? closing(characters, i) : -1;
    if (character === "*" || character === "?") tokens.push(character);
    else if (end < 0) tokens.push({ only: character });
    else {
      const inner = characters.slice(i + 1, end);
      const isNot = inner[0] === "!";
      tokens.push({ ranges: rangesOf(isNot ? inner.slice(1) : inner), isNot });
      i = end;
    }
  }
  return tokens;
}

/** Where a set ends; a bracket at its very beginning belongs to it. -1 for one that is not closed. */
function closing(characters: readonly string[], start: number): number {
  const from = characters[start + 1] === "!" ? start + 3 : start + 2;
  return characters.indexOf("]", from);
}

function rangesOf(inner: readonly string[]): string[] {
  const ranges: string[] = [];
  for (let i = 0; i < inner.length; i += 1) {
    const isRange = inner[i + 1] === "-" && inner[i + 2] !== undefined;
    ranges.push(isRange ? `${inner[i]}${inner[i + 2]}` : `${inner[i]}${inner[i]}`);
    if (isRange) i += 2;
  }
  return ranges;
}

function takes(token: Exclude<Token, "*">, character: string): boolean {
  if (token === "?") return true;
  if ("only" in token) return token.only === character;
  const isIn = token.ranges.some((range) => {
    const [first = "", last = ""] = Array.from(range);
    return character >= first && character <= last;
  });
  return isIn !== token.isNot;
}
