/**
 * Asks for many paths, as owner and as guest, and prints what came: one JSON line each. The output has to be the same
 * under every runtime. Arguments: a folder laid out by `access.test.ts`.
 */
import { readFileSync } from "node:fs";
import type { Caller } from "../../src/access/caller.ts";
import { createFileAccess } from "../../src/access/file-access.ts";
import { writeAtomically } from "../../src/access/atomic-write.ts";
import { HearthError } from "../../src/errors.ts";

const top = process.argv[2] ?? "";
const owner: Caller = {
  kind: "owner",
  directory: `${top}/root`,
  environment: { WHERE: "sub" },
  timeZone: undefined,
  umask: 0o027,
};
const protectedPaths = [`${top}/root/hearth.yaml`, `${top}/root/state`];
const paths = JSON.parse(readFileSync(`${top}/paths.json`, "utf8")) as string[];

for (const caller of [owner, { kind: "guest" }] as const) {
  const access = createFileAccess({
    caller,
    roots: [`${top}/root`],
    base: `${top}/root`,
    protectedPaths: () => protectedPaths,
    guestWrites: "any",
    trustedPaths: () => [],
  });
  for (const path of paths) {
    const read = await told(async () => {
      const file = await access.open(path);
      const text = readFileSync(file.fd, "utf8");
      file.close();
      return `${file.stamp.realPath.replace(top, "")} ${text}`;
    });
    const stamp = await told(async () => (await access.stamp(path)).realPath.replace(top, ""));
    const target = await told(async () => {
      const { folder, name, mode } = await access.target(path);
      return `${folder.replace(top, "")} ${name} ${mode.toString(8)}`;
    });
    print({ kind: caller.kind, path, read, stamp, target });
  }
  const written = await told(async () => {
    const target = await access.target("sub/new.txt");
    const { bytes } = await writeAtomically(target, new TextEncoder().encode(caller.kind));
    return `${bytes}`;
  });
  print({ kind: caller.kind, written });
}

async function told(ask: () => Promise<string>): Promise<string> {
  try {
    return (await ask()).replaceAll(top, "");
  } catch (error) {
    if (!(error instanceof HearthError)) return `BUG ${String(error)}`;
    return `${error.code} ${error.errorType} ${error.message} | ${error.hint}`.replaceAll(top, "");
  }
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
