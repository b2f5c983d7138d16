/** The middle value; the mean of the two middle ones for an even number of values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** What one side of a comparison does once; gives its figure (milliseconds, requests a second, ...). */
export type Sample = () => number | Promise<number>;

/**
 * Samples of several sides, taken in turns so that whatever else the machine does hits all of them alike. The first
 * `warmUps` rounds don't count.
 */
export async function inTurns<Name extends string>(
  sides: Readonly<Record<Name, Sample>>,
  rounds: number,
  warmUps = 2,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(sides) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const name of names) {
      const value = await sides[name]();
      if (round >= 0) samples[name].push(value);
    }
  }
  return samples;
}

/** The median over the rounds of one side's figure divided by the other's in the same round. */
export function medianRatio(numerators: readonly number[], denominators: readonly number[]): number {
  return median(numerators.map((value, round) => value / (denominators[round] ?? Number.NaN)));
}

/** Milliseconds that a whole process takes, from its start until it has ended. Throws when it fails. */
export function processMs(
  command: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): number {
  const started = Bun.nanoseconds();
  const { exitCode, stderr } = Bun.spawnSync([...command], {
    ...options,
    stdout: "pipe",
    stderr: "pipe",
    stdin: "ignore",
  });
  const elapsed = (Bun.nanoseconds() - started) / 1e6;
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}: ${stderr.toString()}`);
  return elapsed;
}
