/** Thrown by a reader that may read harmless files only, at one that may not be: a reader process reads it instead. */
export class NeedsReader extends Error {
  override readonly name = "NeedsReader";
}

/** Bytes of all texts that one read may parse in the server. */
const TEXT_BYTES = 256_000;

/** Bytes of one YAML text, and how many marks it may have that mean something in YAML: each costs some 5 µs. */
const YAML_BYTES = 16_000;
const YAML_MARKS = 1000;

/** Aliases, anchors and merges, whose cost grows with the square of their number. */
const YAML_REFERENCES = 24;

/** Brackets, which may be nested. */
const YAML_BRACKETS = 200;

/** Cells of a table made in one go. */
const CELLS = 100_000;

/** Files of a directory. */
const FILES = 256;

/** Values of a document with its aliases put in. */
export const INLINE_YAML_VALUES = 20_000;

/**
 * True for a YAML text that takes less than 10 ms to parse, whatever is in it (measured for the worst cases that we
 * know): small, with few of the marks that cost, and with hardly any references.
 */
export function isHarmlessYaml(text: string): boolean {
  if (text.length > YAML_BYTES) return false;
  let marks = 0;
  let references = 0;
  let brackets = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Letters and digits, quickly.
    if (code > 0x3f && code < 0x5b) continue;
    if (code > 0x60 && code < 0x7b) continue;
    if (code === ASTERISK || code === AMPERSAND || code === LESS || code === EXCLAMATION) references += 1;
    else if (code === OPEN_LIST || code === OPEN_MAPPING) brackets += 1;
    else if (code === DASH || code === QUESTION || code === COLON) {
      const next = text.charCodeAt(at + 1);
      if (next > 0x20) continue;
    } else if (!OTHER_MARKS.has(code)) continue;
    marks += 1;
  }
  return marks <= YAML_MARKS && references <= YAML_REFERENCES && brackets <= YAML_BRACKETS;
}

const [ASTERISK, AMPERSAND, LESS, EXCLAMATION] = codes("*&<!") as [number, number, number, number];
const [OPEN_LIST, OPEN_MAPPING] = codes("[{") as [number, number];
const [DASH, QUESTION, COLON] = codes("-?:") as [number, number, number];
const OTHER_MARKS: ReadonlySet<number> = new Set(codes("\n\r]},|>%#\"'@`"));

function codes(marks: string): number[] {
  return Array.from(marks, (mark) => mark.charCodeAt(0));
}

/** What one read may parse in the server itself; all that is beyond throws `NeedsReader`. */
export class InlineGuard {
  /** Bytes of the largest JSON file. */
  readonly jsonLimitBytes: number;
  #bytes = 0;

  constructor(jsonLimitBytes: number) {
    this.jsonLimitBytes = jsonLimitBytes;
  }

  /** Counts a text that is about to be read. */
  text(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > TEXT_BYTES) throw new NeedsReader("too much text");
  }

  yaml(text: string): void {
    if (!isHarmlessYaml(text)) throw new NeedsReader("this YAML may take long");
  }

  cells(rows: number, columns: number): void {
    if (rows * columns > CELLS) throw new NeedsReader("too many cells");
  }

  files(count: number): void {
    if (count > FILES) throw new NeedsReader("too many files");
  }
}
