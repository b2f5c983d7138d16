/** From here on Python writes an exponent: `1e+16`. */
const PYTHON_LARGE = 1e16;
/** Below this Python writes an exponent: `1e-05`. */
const PYTHON_SMALL = 1e-4;

/**
 * A float as Python's `repr` writes it: the shortest digits that give the same double, `.0` behind whole ones, an
 * exponent of at least two digits below 1e-4 and from 1e16 on, `inf`, `-inf`, `nan`.
 *
 * @example formatPythonFloat(1e-7); // "1e-07"
 */
export function formatPythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (isPlainPythonFloat(value)) return Number.isInteger(value) ? `${value}.0` : String(value);
  // JavaScript chooses the same digits, but writes an exponent elsewhere and with as few digits as it needs.
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const digits = exponent.slice(1).padStart(2, "0");
  return `${mantissa}e${exponent[0]}${digits}`;
}

/** True when Python writes the float without an exponent; zero included. */
export function isPlainPythonFloat(value: number): boolean {
  const size = Math.abs(value);
  return (size < PYTHON_LARGE && size >= PYTHON_SMALL) || size === 0;
}
