import { closest, distance } from "fastest-levenshtein";

/** The known name that is most like the given one, or undefined when none is near. Case does not count. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const wanted = given.toLowerCase();
  const lowered = known.map((name) => name.toLowerCase());
  const best = closest(wanted, lowered);
  // A third of the letters may differ; beyond that a suggestion would only confuse.
  if (distance(wanted, best) > Math.max(1, Math.floor(Math.max(wanted.length, best.length) / 3)))
    return undefined;
  return known[lowered.indexOf(best)];
}

/** ` Did you mean "name"?`, or the list of names when none is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  const nearest = nearestName(given, known);
  return nearest === undefined ? `Known are ${listNames(known)}.` : `Did you mean "${nearest}"?`;
}

const SHOWN_NAMES = 20;

/** Names in quotes for a message; a long list is cut. */
export function listNames(names: readonly (string | number)[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => `"${name}"`);
  if (names.length > SHOWN_NAMES) shown.push(`${names.length - SHOWN_NAMES} more`);
  return shown.length === 0 ? "none" : shown.join(", ");
}
