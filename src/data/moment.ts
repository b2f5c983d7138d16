/**
 * A date or a datetime as a document has it (YAML). On the wire and in tables it is ISO text; `String(moment)` is what
 * Python's `str` gives.
 */
export class Moment {
  /** `2024-02-29`, or `2024-02-29T10:11:12` with a fraction of 6 digits and an offset where there are any. */
  readonly iso: string;

  constructor(iso: string) {
    this.iso = iso;
  }

  get isDate(): boolean {
    return this.iso.length === 10;
  }

  toString(): string {
    return this.iso.replace("T", " ");
  }

  toJSON(): string {
    return this.iso;
  }
}
