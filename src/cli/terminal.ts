import { fstatSync, statSync } from "node:fs";

/** A standard stream by its descriptor. */
export type StandardStream = 0 | 1 | 2;

/**
 * True when a person sits at this stream. `node:tty` costs the binary 8 ms, so it is asked only about character devices
 * other than /dev/null: never in a pipe, nor under a benchmark.
 */
export async function isTerminal(stream: StandardStream): Promise<boolean> {
  if (!isDevice(stream)) return false;
  const { isatty } = await import("node:tty");
  return isatty(stream);
}

/** True for a character device other than /dev/null, as nearly always a terminal; asked without `node:tty`. */
export function isDevice(stream: StandardStream): boolean {
  try {
    const stat = fstatSync(stream);
    return stat.isCharacterDevice() && stat.rdev !== statSync("/dev/null").rdev;
  } catch {
    return false; // a closed descriptor
  }
}

/** Columns of the terminal: its own word, else COLUMNS, else 80. */
export function terminalWidth(): number {
  const columns = process.stdout.columns || process.stderr.columns || Number(process.env["COLUMNS"]);
  return Number.isInteger(columns) && columns > 0 ? columns : 80;
}

/** True when this stream may be coloured (https://no-color.org: any non-empty NO_COLOR forbids it). */
export async function hasColor(stream: StandardStream): Promise<boolean> {
  if ((process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb") return false;
  return await isTerminal(stream);
}

/** Puts one ANSI style around a text, or leaves it as it is. */
export type Painter = (style: keyof typeof STYLES, text: string) => string;

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** A painter that colours, or one that does nothing. */
export function createPainter(isColored: boolean): Painter {
  return (style, text) => {
    const [on, off] = STYLES[style] as [number, number];
    return isColored ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
}
