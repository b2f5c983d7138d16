/** Longer names are not compared: the time for it grows with the square. */
const MOST_LETTERS = 100;

/** Letters from which on a name may be cut off: `comp` for `compute`. */
const SHORTEST_BEGINNING = 3;

/**
 * The known name that was probably meant, or undefined when none is near: at most a third of the letters differ, or it
 * begins with the given ones. Case does not count.
 */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  const wanted = given.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const distance = distanceTo(wanted, name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Infinity for what is too far to be meant. */
function distanceTo(wanted: string, name: string): number {
  if (wanted.length >= SHORTEST_BEGINNING && name.startsWith(wanted)) return name === wanted ? 0 : 1;
  const longest = Math.max(wanted.length, name.length);
  const most = Math.max(1, Math.floor(longest / 3));
  if (longest > MOST_LETTERS || Math.abs(wanted.length - name.length) > most) return Number.POSITIVE_INFINITY;
  const distance = editDistance(wanted, name);
  return distance <= most ? distance : Number.POSITIVE_INFINITY;
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

/** Insertions, deletions, replacements and swapped neighbours that lead from `a` to `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let least = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      if (row > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, at(beforeLast, column - 2) + 1);
      }
      current.push(least);
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Number.POSITIVE_INFINITY;
}
