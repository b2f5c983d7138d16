/**
 * The engine's names for the columns of a table. It takes names alike that differ only in the case of ASCII letters and
 * knows no empty name, so a repeated one gets `_1`, `_2` and an empty one is called by its place (`column3`). Numbers
 * become text.
 */
export function engineNames(names: readonly (string | number)[]): string[] {
  const taken = new Set<string>();
  return names.map((name, position) => {
    const plain = String(name).replaceAll("\0", "") || `column${position + 1}`;
    let free = plain;
    for (let i = 1; taken.has(lowered(free)); i += 1) free = `${plain}_${i}`;
    taken.add(lowered(free));
    return free;
  });
}

/** A name as the engine compares it. */
export function lowered(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
