import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";
import { type Finished, run } from "./run.ts";
import { PROJECT } from "./targets.ts";

/** Runs `npm run release` into a folder of the place's own, with the developer's settings of npm. */
export async function release(place: Place, folder: string, args: readonly string[]): Promise<Finished> {
  const env = { ...(process.env as Record<string, string>), NO_COLOR: "1" };
  const command = [process.execPath, join(PROJECT, "scripts/release.ts"), "--out", join(place.home, folder)];
  return run([...command, ...args], { cwd: PROJECT, env, timeoutMs: 600_000 });
}

/** Checks all hashes of a release as somebody would who has fetched it, and unpacks an archive. */
export async function unpack(place: Place, folder: string, archive: string): Promise<string> {
  const to = join(place.home, `${folder}-unpacked`);
  mkdirSync(to, { recursive: true });
  const check = "sha256sum --check --strict --quiet SHA256SUMS";
  const script = `${check} && tar -xzf "$1" -C "$2"`;
  const { exitCode, stderr } = await run(["sh", "-c", script, "sh", archive, to], {
    cwd: join(place.home, folder),
    env: place.env,
  });
  if (exitCode !== 0) throw new Error(stderr);
  return join(to, archive.replace(/\.tar\.gz$/, ""));
}

/** The text of a file in a release. */
export function readReleased(place: Place, folder: string, name: string): string {
  return readFileSync(join(place.home, folder, name), "utf8");
}
