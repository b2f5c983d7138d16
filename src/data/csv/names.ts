/**
 * Header cells made to column names as pandas does (`parsers.pyx`, `_get_header`): an empty one is `Unnamed: N`, the
 * second `a` is `a.1`, and so on, passing over names that stand in the header already; unnamed ones come last.
 */
export function columnNames(header: readonly string[]): readonly string[] {
  const names = header.map((name, at) => (name === "" ? `Unnamed: ${at}` : name));
  const present = countOf(names);
  if (present.size === names.length) return names;
  const uses = new Map<string, number>();
  const isUnnamed = (at: number) => header[at] === "";
  const order = [...names.keys()].sort((a, b) => Number(isUnnamed(a)) - Number(isUnnamed(b)));
  for (const at of order) {
    const written = names[at] as string;
    const name = freeName(written, uses, present);
    if (name !== written) {
      decrease(present, written);
      present.set(name, (present.get(name) ?? 0) + 1);
      names[at] = name;
    }
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return names;
}

function freeName(written: string, uses: Map<string, number>, present: ReadonlyMap<string, number>): string {
  let count = uses.get(written) ?? 0;
  let name = written;
  while (count > 0) {
    uses.set(written, count + 1);
    name = `${written}.${count}`;
    count = present.has(name) ? count + 1 : (uses.get(name) ?? 0);
  }
  return name;
}

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function decrease(counts: Map<string, number>, name: string): void {
  const left = (counts.get(name) ?? 0) - 1;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
}
