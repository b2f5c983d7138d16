import { type CellObject, keysOf } from "../data/json-keys.ts";

/** A section of an interface that holds data (section 5 of the wire contract). */
export interface Section {
  readonly name: SectionName;
  /** Input is only read; the file of an output or a cache may be absent, since it is to be written. */
  readonly kind: "input" | "output" | "cache";
  /** Several rows a label. */
  readonly isSeries: boolean;
  /** One row: a value a column, the same for all labels. */
  readonly isParameter: boolean;
}

export type SectionName =
  | "input"
  | "data"
  | "constants"
  | "global_consts"
  | "output"
  | "series"
  | "writedata"
  | "writeseries"
  | "parameters"
  | "globals"
  | "cache"
  | "series_cache"
  | "parameter_cache"
  | "global_cache";

function section(name: SectionName, kind: Section["kind"], holds?: "series" | "parameters"): Section {
  return { name, kind, isSeries: holds === "series", isParameter: holds === "parameters" };
}

/** Taken in this order. */
const FIRST_SECTIONS: readonly Section[] = [
  section("input", "input"),
  section("data", "input"),
  section("constants", "input", "parameters"),
  section("global_consts", "input", "parameters"),
  section("output", "output"),
  section("series", "output", "series"),
  section("writedata", "output"),
  section("writeseries", "output", "series"),
];

/** Taken after those, in the order in which the interface has them. */
const FURTHER_SECTIONS: ReadonlyMap<string, Section> = new Map(
  [
    section("parameters", "output", "parameters"),
    section("globals", "output", "parameters"),
    section("cache", "cache"),
    section("series_cache", "cache", "series"),
    section("parameter_cache", "cache", "parameters"),
    section("global_cache", "cache", "parameters"),
  ].map((each) => [each.name, each]),
);

/** Names of all sections. */
export const SECTION_NAMES: readonly SectionName[] = [...FIRST_SECTIONS, ...FURTHER_SECTIONS.values()].map(
  ({ name }) => name,
);

/** The sections that an interface has, in the order in which a session takes them. */
export function sectionsOf(values: CellObject): readonly Section[] {
  const first = FIRST_SECTIONS.filter(({ name }) => Object.hasOwn(values, name));
  const further = keysOf(values).map((key) => FURTHER_SECTIONS.get(key));
  return [...first, ...further.filter((each) => each !== undefined)];
}
