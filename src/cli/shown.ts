/** What moves the cursor, rings, recolours or reorders: C0 but newline and tab, DEL, C1, and bidirectional controls. */
const CONTROL =
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u061c\\u202a-\\u202e\\u2066-\\u2069]";
/** The styles of our own painter (`terminal.ts`), which change nothing but how letters look. */
const OWN_STYLE = "\\u001b\\[(?:1|2|22|31|32|33|36|39)m";

const ANY_CONTROL = new RegExp(`\\r\\n|${CONTROL}`, "g");
const CONTROL_OR_STYLE = new RegExp(`\\r\\n|${OWN_STYLE}|${CONTROL}`, "g");

/**
 * A text of somebody else (a model, a log, a file's name) for a terminal: what would control it is spelled out, such as
 * `\x1b`. Each character stands for itself, so a text can be shown piece by piece.
 */
export function shown(text: string): string {
  return text.replaceAll(ANY_CONTROL, spelled);
}

/** The same for a text of our own, which may have the painter's styles around others' words. */
export function shownWithStyles(text: string): string {
  return text.replaceAll(CONTROL_OR_STYLE, (found) => (found.endsWith("m") ? found : spelled(found)));
}

function spelled(found: string): string {
  if (found === "\r\n") return "\n";
  const code = found.charCodeAt(0);
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
