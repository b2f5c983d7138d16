/** Replaces one file for ever, by turns with 300 kB of "a" and 500 kB of "b"; a test kills it in the middle. */
import { createFileAccess } from "../../src/access/file-access.ts";
import { writeAtomically } from "../../src/access/atomic-write.ts";

const folder = process.argv[2] ?? "";
const caller = {
  kind: "owner",
  directory: folder,
  environment: {},
  timeZone: undefined,
  umask: 0o022,
} as const;
const access = createFileAccess({
  caller,
  roots: [],
  base: undefined,
  protectedPaths: () => [],
  guestWrites: "any",
  trustedPaths: () => [],
});

async function* chunks(letter: string, count: number) {
  for (let i = 0; i < count; i++) yield new TextEncoder().encode(letter.repeat(10_000));
}

for (let round = 0; ; round++) {
  const [letter, count] = round % 2 === 0 ? (["a", 30] as const) : (["b", 50] as const);
  await writeAtomically(await access.target("out.txt"), chunks(letter, count));
  if (round === 0) process.stdout.write("ready\n");
}
