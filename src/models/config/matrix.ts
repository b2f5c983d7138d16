/**
 * Expands an expression of llama-swap's matrix into sets of names: `&` for together, `|` for either, parentheses, and
 * `+name` for another set's expression.
 *
 * @example expandSet("(a | b) & c", new Map()) // [["a", "c"], ["b", "c"]]
 * @throws Error saying what is wrong, and where
 */
export function expandSet(
  expression: string,
  sets: ReadonlyMap<string, string>,
  within: readonly string[] = [],
): readonly (readonly string[])[] {
  const tokens = [...expression.matchAll(/\s*([&|()]|\+?[\w-]+|\S)/g)].map(([, token = ""]) => token);
  let next = 0;

  const either = (): string[][] => {
    const found = both();
    while (tokens[next] === "|") {
      next += 1;
      found.push(...both());
    }
    return found;
  };
  const both = (): string[][] => {
    let found = single();
    while (tokens[next] === "&") {
      next += 1;
      const right = single();
      found = found.flatMap((left) => right.map((each) => [...new Set([...left, ...each])]));
      if (found.length > MOST_SETS) throw new Error(`it has more than ${MOST_SETS} combinations`);
    }
    return found;
  };
  const single = (): string[][] => {
    const token = tokens[next];
    next += 1;
    if (token === "(") {
      const found = either();
      if (tokens[next] !== ")") throw new Error('a "(" has no ")"');
      next += 1;
      return found;
    }
    if (token !== undefined && /^[\w-]+$/.test(token)) return [[token]];
    if (token !== undefined && /^\+[\w-]+$/.test(token)) return referred(token.slice(1));
    throw new Error(token === undefined ? "it ends too early" : `"${token}" can't stand there`);
  };
  const referred = (name: string): string[][] => {
    const other = sets.get(name);
    if (other === undefined) throw new Error(`there is no set "${name}"`);
    if (within.includes(name)) throw new Error(`+${name} leads back to itself`);
    return expandSet(other, sets, [...within, name]).map((set) => [...set]);
  };

  const found = either();
  if (next < tokens.length) throw new Error(`"${tokens[next]}" can't stand there`);
  return found;
}

/** Far more than anybody's models need, and little enough to look through at every load. */
const MOST_SETS = 10_000;
