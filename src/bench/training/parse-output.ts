/** A line of what mlx_lm prints while it trains. */
export type TrainingLine =
  | {
      readonly kind: "train";
      readonly iteration: number;
      readonly loss: number;
      readonly tokensPerSecond: number;
      /** Seconds an iteration; undefined: this version doesn't say it, and the line's arrival has to. */
      readonly seconds: number | undefined;
      /** undefined: this version doesn't say it. */
      readonly peakBytes: number | undefined;
    }
  | { readonly kind: "validation"; readonly iteration: number; readonly seconds: number | undefined };

/** Colours, which newer versions print into pipes too. */
// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[[\d;]*[A-Za-z]/g;

/** mlx_lm until 0.31: `Iter 3: Train loss 6.302, Learning Rate 1.000e-05, It/sec 21.602, Tokens/sec 1857.793, ...` */
const OLD_TRAIN =
  /^Iter (\d+): Train loss ([\d.]+|nan|inf), .*?It\/sec ([\d.]+), Tokens\/sec ([\d.]+)(?:.*?Peak mem ([\d.]+) GB)?/;
const OLD_VALIDATION = /^Iter (\d+): Val loss [\d.naif]+, Val took ([\d.]+)s/;

/** From 0.32: `     3    6.302 ▼       70      0.3k`, and `     1    val 6.349    0.14s`. */
const NEW_TRAIN = /^\s*(\d+)\s+([\d.]+|nan|inf)(?: [▼▲])?\s+([\d,]+)\s+([\d.]+)k?$/;
const NEW_VALIDATION = /^\s*(\d+)\s+val [\d.naif]+\s+([\d.]+)s$/;

/** Reads a line in the form of any version; undefined for one that says nothing of an iteration. */
export function parseTrainingLine(text: string): TrainingLine | undefined {
  const line = text.replace(COLOUR, "").trimEnd();
  const old = OLD_TRAIN.exec(line);
  if (old !== null) {
    const [, iteration, loss, rate, tokens, peak] = old;
    return {
      kind: "train",
      iteration: Number(iteration),
      loss: lossOf(loss),
      tokensPerSecond: Number(tokens),
      seconds: 1 / Number(rate),
      peakBytes: peak === undefined ? undefined : Math.round(Number(peak) * 1e9),
    };
  }
  const validation = OLD_VALIDATION.exec(line) ?? NEW_VALIDATION.exec(line);
  if (validation !== null) {
    const [, iteration, seconds] = validation;
    return { kind: "validation", iteration: Number(iteration), seconds: Number(seconds) };
  }
  const found = NEW_TRAIN.exec(line);
  if (found === null) return undefined;
  const [, iteration, loss, tokens = ""] = found;
  return {
    kind: "train",
    iteration: Number(iteration),
    loss: lossOf(loss),
    tokensPerSecond: Number(tokens.replaceAll(",", "")),
    seconds: undefined,
    peakBytes: undefined,
  };
}

function lossOf(text: string | undefined): number {
  return text === "inf" ? Infinity : Number(text);
}
