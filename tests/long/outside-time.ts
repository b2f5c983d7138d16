/**
 * Compares how long the answers take for names outside the roots that exist and for names that don't, alternating, on
 * the runtime that runs it: `bun tests/long/outside-time.ts`. Prints medians in microseconds and z of a sign test over
 * the pairs; a z above 3 in several runs would tell a guest what is outside.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileAccess } from "../../src/access/file-access.ts";

const PAIRS = Number(process.argv[2] ?? 10_000);

const top = realpathSync(mkdtempSync(join(tmpdir(), "hearth-time-")));
const root = join(top, "root");
mkdirSync(root);
mkdirSync(join(top, "out"));
writeFileSync(join(top, "out", "is.csv"), "a\n1\n");
symlinkSync("../out", join(root, "link"));
const files = createFileAccess({
  caller: { kind: "guest" },
  roots: [root],
  base: root,
  protectedPaths: () => [],
  guestWrites: "data",
  trustedPaths: () => [],
});

try {
  for (const [how, folder] of [
    ["by ..", "../out"],
    ["absolute", join(top, "out")],
    ["through a link", "link"],
  ] as const) {
    for (const ask of ["stamp", "list", "target"] as const) await compare(how, ask, folder);
  }
} finally {
  rmSync(top, { recursive: true });
}

async function compare(how: string, ask: "stamp" | "list" | "target", folder: string): Promise<void> {
  const times: Record<"is" | "no", number[]> = { is: [], no: [] };
  let slower = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const order = pair % 2 === 0 ? (["is", "no"] as const) : (["no", "is"] as const);
    for (const name of order) {
      const start = performance.now();
      await files[ask](`${folder}/${name}.csv`).catch(() => undefined);
      times[name].push((performance.now() - start) * 1000);
    }
    if ((times.is[pair] as number) > (times.no[pair] as number)) slower += 1;
  }
  // The sign test's normal approximation; pairs are many
  const z = Math.abs(slower - PAIRS / 2) / Math.sqrt(PAIRS / 4);
  const [is, no] = [median(times.is), median(times.no)];
  process.stdout.write(`${how}, ${ask}: exists ${is}, missing ${no} µs, z = ${z.toFixed(2)}\n`);
}

function median(values: readonly number[]): string {
  return (values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(1);
}
