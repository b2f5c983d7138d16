import { randomNumbers } from "../../src/bench/random.ts";

type Random = () => number;

/** Values at which lengths, counts and offsets break. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Texts that mean something to one format or another. */
const WORDS = [
  ..."\"'`,;:{}[]()<>&*!|#%@\\\n\r\t\0",
  "\r\n",
  "---",
  "<<: *a",
  "&a",
  "1e999",
  "-0",
  "NaN",
  "\u2028",
  "\uFEFF",
  "\u202E",
  "__proto__",
  "{{",
  "{%",
  "@string{",
  "<!ENTITY",
  "]]>",
];

const MUTATIONS: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  (bytes, random) => change(bytes, (copy) => (copy[at(copy, random)]! ^= 1 << below(8, random))),
  (bytes, random) => change(bytes, (copy) => (copy[at(copy, random)] = below(256, random))),
  (bytes, random) => bytes.slice(0, at(bytes, random)),
  (bytes, random) => bytes.slice(at(bytes, random)),
  function edge(bytes, random) {
    return change(bytes, (copy) => {
      if (copy.length < 4) return;
      const view = new DataView(copy.buffer);
      const value = EDGES[below(EDGES.length, random)] as number;
      view.setUint32(below(copy.length - 3, random), value, random() < 0.7);
    });
  },
  function repeat(bytes, random) {
    const from = at(bytes, random);
    const part = bytes.slice(from, from + 1 + below(64, random));
    const copies = Array.from({ length: 1 + below(200, random) }, () => part);
    return join(bytes.slice(0, from), ...copies, bytes.slice(from));
  },
  function drop(bytes, random) {
    const from = at(bytes, random);
    return join(bytes.slice(0, from), bytes.slice(from + 1 + below(64, random)));
  },
  function swap(bytes, random) {
    const [a, b] = [at(bytes, random), at(bytes, random)].sort((x, y) => x - y) as [number, number];
    const length = below(32, random);
    return join(
      bytes.slice(0, a),
      bytes.slice(b, b + length),
      bytes.slice(a + length, b),
      bytes.slice(a, a + length),
      bytes.slice(b + length),
    );
  },
  function word(bytes, random) {
    const from = at(bytes, random);
    const text = new TextEncoder().encode(WORDS[below(WORDS.length, random)]);
    return join(bytes.slice(0, from), text, bytes.slice(from));
  },
  function noise(bytes, random) {
    return change(bytes, (copy) => {
      const from = at(copy, random);
      for (let i = from; i < Math.min(copy.length, from + 16); i += 1) copy[i] = below(256, random);
    });
  },
];

/** A damaged copy: one to four mutations, the same for the same seed. */
export function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  // A copy of its own type: the `slice` of a Buffer would be the same bytes.
  let result: Uint8Array = new Uint8Array(bytes);
  for (let round = 1 + below(4, random); round > 0 && result.length > 0; round -= 1) {
    result = (MUTATIONS[below(MUTATIONS.length, random)] as (typeof MUTATIONS)[number])(result, random);
  }
  return result;
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}

function at(bytes: Uint8Array, random: Random): number {
  return below(bytes.length, random);
}

function change(bytes: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  if (copy.length > 0) edit(copy);
  return copy;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
