/** One line of the table of figures. */
export interface Figure {
  /** What was compared with what. */
  readonly what: string;
  /** The figure in words, with the absolute values behind a ratio. */
  readonly reached: string;
  /** What it must reach, in words. */
  readonly mustReach: string;
  /** False: it fell short. Undefined: nothing is demanded. */
  readonly isReached: boolean | undefined;
}

/** A benchmark: several figures that are measured together. */
export interface Benchmark {
  readonly name: string;
  run(): Promise<Figure[]>;
}

/** A figure that must be at most, or at least, a bound. */
export function bounded(
  what: string,
  value: number,
  bound: { readonly atMost: number } | { readonly atLeast: number },
  words: { readonly value: string; readonly unit: string },
): Figure {
  const isMost = "atMost" in bound;
  const limit = isMost ? bound.atMost : bound.atLeast;
  return {
    what,
    reached: words.value,
    mustReach: `at ${isMost ? "most" : "least"} ${limit}${words.unit}`,
    isReached: isMost ? value <= limit : value >= limit,
  };
}

/** Two digits after the point, or none for large values. */
export function shown(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1);
}
