/** A section of an interface that holds data. */
export interface Section {
  readonly name: SectionName;
  /** Its file may be absent: it is made. */
  readonly isWritten: boolean;
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

/** All of them, in the order in which a session takes them (section 5 of the wire contract). */
export const SECTIONS: readonly Section[] = [
  { name: "input", isWritten: false },
  { name: "data", isWritten: false },
  { name: "constants", isWritten: false },
  { name: "global_consts", isWritten: false },
  { name: "output", isWritten: true },
  { name: "series", isWritten: true },
  { name: "writedata", isWritten: true },
  { name: "writeseries", isWritten: true },
  { name: "parameters", isWritten: true },
  { name: "globals", isWritten: true },
  { name: "cache", isWritten: true },
  { name: "series_cache", isWritten: true },
  { name: "parameter_cache", isWritten: true },
  { name: "global_cache", isWritten: true },
];
