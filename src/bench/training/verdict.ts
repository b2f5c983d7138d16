export type Verdict = "excellent" | "good" | "acceptable" | "slow" | "too-slow";

/** Upper bounds in seconds an iteration; what lies on one belongs to the better verdict. */
export interface VerdictBounds {
  readonly excellent: number;
  readonly good: number;
  readonly acceptable: number;
  readonly slow: number;
}

/**
 * A guide for LoRA on a machine of one's own: 1 to 5 s is excellent, 10 to 30 acceptable, over 60 too slow. The gaps it
 * leaves are named here: 5 to 10 is good, since it can't be worse than acceptable, and 30 to 60 slow, usable overnight.
 */
export const VERDICT_BOUNDS: VerdictBounds = { excellent: 5, good: 10, acceptable: 30, slow: 60 };

/** Under this the model may be too small to tell anything of real ones. */
const TINY_SECONDS = 1;

export interface Judgement {
  readonly verdict: Verdict;
  /** What it means, and what to do. */
  readonly advice: string;
}

/** Judges a time per iteration, in seconds. */
export function judge(seconds: number, bounds: VerdictBounds = VERDICT_BOUNDS): Judgement {
  if (seconds < TINY_SECONDS && seconds <= bounds.excellent) {
    return { verdict: "excellent", advice: "Quick; the model may be too small to tell anything of others." };
  }
  if (seconds <= bounds.excellent) {
    return { verdict: "excellent", advice: "Training is comfortable on this machine." };
  }
  if (seconds <= bounds.good) return { verdict: "good", advice: "Training is feasible on this machine." };
  if (seconds <= bounds.acceptable) {
    return { verdict: "acceptable", advice: "Training is feasible with patience." };
  }
  if (seconds <= bounds.slow) {
    return { verdict: "slow", advice: "Let it run overnight, or take a smaller model or fewer layers." };
  }
  return {
    verdict: "too-slow",
    advice: "Take a smaller or a quantised model, fewer layers, or shorter texts.",
  };
}
