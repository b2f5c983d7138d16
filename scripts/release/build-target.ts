import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBinary } from "../build/binary.ts";
import { type ArchiveFile, writeArchive } from "./archive.ts";
import { formatFault } from "./check-format.ts";
import { fetchLockedPackage, lockedPackage } from "./locked-package.ts";
import { hostTarget, type ReleaseTarget } from "./targets.ts";
import { tryArchive } from "./try-archive.ts";

/** What all archives of a release have in common. */
export interface ArchiveParts {
  readonly project: string;
  readonly outFolder: string;
  readonly version: string;
  /** Time of every file in an archive. */
  readonly time: Date;
  /** What lies beside the binary: licence, manual page, completions, ... */
  readonly files: readonly ArchiveFile[];
}

/** An archive that was made. */
export interface BuiltArchive {
  readonly file: string;
  readonly binaryBytes: number;
  /** False when this machine can't run it: then only its format was checked. */
  readonly wasRun: boolean;
}

/**
 * Compiles the binary of one platform, checks it and packs it. Bun and the engine come as the packages that
 * package-lock.json names, checked against it, so nothing else gets into a binary.
 *
 * @throws with the reason why there is none
 */
export async function buildTarget(target: ReleaseTarget, parts: ArchiveParts): Promise<BuiltArchive> {
  const { project, outFolder, version, time, files } = parts;
  checkBunVersion(project);
  const runtime = await fetchLockedPackage(project, target.runtimePackage);
  const engine = await fetchLockedPackage(project, target.bindingPackage);
  const isHost = target === hostTarget();
  const work = mkdtempSync(join(tmpdir(), "hearth-binary-"));
  try {
    const outfile = join(work, "hearth");
    const program = join(runtime, "bin/bun");
    chmodSync(program, 0o755);
    const platform = {
      name: target.name,
      bunTarget: target.bunTarget,
      runtime: program,
      engine: { folder: engine, library: target.library },
    };
    const entry = join(project, "src/cli/main.ts");
    await buildBinary(project, entry, outfile, { platform, bytecode: isHost });
    const binary = readFileSync(outfile);
    const fault = formatFault(binary, readFileSync(join(engine, target.library)), target);
    if (fault !== undefined) throw new Error(`The binary would not run: ${fault}`);
    const folder = `hearth-${version}-${target.name}`;
    const archive = join(outFolder, `${folder}.tar.gz`);
    await writeArchive(
      archive,
      folder,
      [{ path: "hearth", content: binary, isExecutable: true }, ...files],
      time,
    );
    if (isHost) await withoutArchive(archive, () => tryArchive(archive, folder, version));
    return { file: archive, binaryBytes: binary.length, wasRun: isHost };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Bytecode and what Bun puts into a binary have to be of the version that runs them. */
function checkBunVersion(project: string): void {
  const locked = lockedPackage(project, "bun").version;
  if (Bun.version !== locked) {
    throw new Error(`Bun ${locked} is locked, but ${Bun.version} builds: run it by npm run release`);
  }
}

/** What doesn't work is not to lie among what is published. */
async function withoutArchive(archive: string, attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    rmSync(archive, { force: true });
    throw error;
  }
}
