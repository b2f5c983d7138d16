import { shown } from "../shown.ts";
import { writeWords } from "../print.ts";
import { isTerminal } from "../terminal.ts";

/** A line on the terminal that tells how far long work has come. */
export interface Progress {
  add(bytes: number): void;
  /** Takes the line away. */
  end(): void;
}

/** Work shorter than this shows nothing. */
const QUIET_MS = 500;
const REDRAW_MS = 100;

/** Progress in bytes; silent unless stderr is a terminal. */
export async function createProgress(label: string, isQuiet: boolean): Promise<Progress> {
  if (isQuiet || !(await isTerminal(2))) return { add: () => {}, end: () => {} };
  return drawProgress(label, () => performance.now(), writeWords);
}

/** The drawing itself, with time and terminal as arguments. */
export function drawProgress(label: string, now: () => number, draw: (text: string) => void): Progress {
  const startMs = now();
  let lastMs = startMs + QUIET_MS - REDRAW_MS;
  let total = 0;
  let isDrawn = false;
  return {
    add(bytes) {
      total += bytes;
      const time = now();
      if (time - lastMs < REDRAW_MS) return;
      lastMs = time;
      isDrawn = true;
      draw(`\r\u001b[K${shown(label)}: ${sizeText(total)}, ${sizeText(total / ((time - startMs) / 1000))}/s`);
    },
    end() {
      if (isDrawn) draw("\r\u001b[K");
    },
  };
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Bytes for people, in powers of 1000: "12.3 MB". */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}
