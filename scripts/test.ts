/**
 * `npm test`: everything a change must pass, in the order in which mistakes are cheapest to find: format, lint, types;
 * the build; then unit tests, the contract suite on all four targets, and the embedding tests.
 */
import { availableParallelism } from "node:os";

/** Not `tests/long`, which takes many minutes and has its own command; of `tests/attack` a part of each attack. */
const SUITES = ["./tests/unit", "./tests/contract", "./tests/attack", "./tests/embed"];

const STEPS: readonly (readonly string[])[] = [
  ["npm", "run", "--silent", "check"],
  ["bun", "scripts/build.ts"],
  ["bun", "test", "--timeout", "120000", `--parallel=${Math.max(2, availableParallelism())}`, ...SUITES],
];

for (const step of STEPS) {
  console.error(`$ ${step.join(" ")}`);
  const child = Bun.spawn([...step], { stdin: "ignore", stdout: "inherit", stderr: "inherit" });
  const exitCode = await child.exited;
  if (exitCode !== 0) process.exit(exitCode);
}
