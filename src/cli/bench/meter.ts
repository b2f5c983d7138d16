import { shown } from "../shown.ts";
import { writeWords } from "../print.ts";
import { isTerminal } from "../terminal.ts";

/** A bar on the terminal that tells how far a measurement has come. */
export interface Meter {
  /** @param share from 0 to 1 */
  show(text: string, share: number): void;
  /** Takes it away. */
  end(): void;
}

const WIDTH = 24;

/** Silent unless stderr is a terminal. */
export async function createMeter(isQuiet: boolean): Promise<Meter> {
  if (isQuiet || !(await isTerminal(2))) return { show: () => {}, end: () => {} };
  let isDrawn = false;
  return {
    show(text, share) {
      const filled = Math.round(Math.min(1, Math.max(0, share)) * WIDTH);
      isDrawn = true;
      writeWords(`\r\u001b[K${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}  ${shown(text)}`);
    },
    end() {
      if (isDrawn) writeWords("\r\u001b[K");
    },
  };
}
