/** Veltkamp's constant for splitting a double into two halves of 26 bits. */
const SPLITTER = 2 ** 27 + 1;
/** More than the errors of the few roundings below, relative to the correction and to the quotient. */
const CORRECTION_ERROR = 2 ** -50;
const QUOTIENT_ERROR = 2 ** -100;

/** What rounding took off the product: `a * b` is exactly `product + productError(...)` (Dekker 1971). */
function productError(a: number, b: number, product: number): number {
  const bigA = a * SPLITTER;
  const highA = bigA - (bigA - a);
  const lowA = a - highA;
  const bigB = b * SPLITTER;
  const highB = bigB - (bigB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/**
 * `(high * shift + low) / divisor`, correctly rounded, computed with twice a double's digits; NaN in the rare case that
 * even these leave open which of two neighbours is nearer. It spares numbers of 16 to 19 digits, the usual length of
 * what other programs write, the way through a text, which costs five times as much.
 *
 * @param high a whole number below 2^53
 * @param shift 10, 100, 1000 or 10000
 * @param low a whole number below `shift`
 * @param divisor a power of ten up to 10^22, which a double holds exactly
 */
export function divideExactly(high: number, shift: number, low: number, divisor: number): number {
  const product = high * shift;
  const dividend = product + low;
  const rest = productError(high, shift, product) + (low - (dividend - product));
  const quotient = dividend / divisor;
  const back = quotient * divisor;
  const remainder = dividend - back - productError(quotient, divisor, back);
  const correction = (remainder + rest) / divisor;
  const margin = Math.abs(correction) * CORRECTION_ERROR + quotient * QUOTIENT_ERROR;
  const below = quotient + (correction - margin);
  return below === quotient + (correction + margin) ? below : Number.NaN;
}
