import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { signatureFault } from "../release/mach-o.ts";
import { signAdHoc } from "../release/mach-o-sign.ts";
import { hostTarget } from "../release/targets.ts";
import { type EngineFiles, embedEngine, installedEngine } from "./embed-engine.ts";
import { embedPage } from "./embed-page.ts";

/** Another platform than this machine's, and what of it goes into the binary. */
export interface BinaryPlatform {
  /** What hearth calls it, such as `linux-arm64-musl`. */
  readonly name: string;
  readonly bunTarget: Bun.Build.CompileTarget;
  /** The program that is the binary's runtime: Bun itself, of the same version as the one that builds. */
  readonly runtime: string;
  readonly engine: EngineFiles;
}

export interface BinaryOptions {
  /** Absent: this machine's. */
  readonly platform?: BinaryPlatform;
  /**
   * Ready-made bytecode, which halves the time of a start. Only for the platform that builds: another one's JavaScriptCore
   * crashes on it (https://github.com/oven-sh/bun/pull/26268).
   */
  readonly bytecode?: boolean;
}

/**
 * Compiles the command line and all it needs into one file.
 *
 * @returns its size in bytes
 */
export async function buildBinary(
  project: string,
  entry: string,
  outfile: string,
  { platform, bytecode = platform === undefined }: BinaryOptions = {},
): Promise<number> {
  mkdirSync(dirname(outfile), { recursive: true });
  const result = await Bun.build({
    entrypoints: [entry],
    target: "bun",
    format: "esm",
    // Without splitting the imports of lazy modules are hoisted and run at every start.
    splitting: true,
    minify: true,
    bytecode,
    define: { HEARTH_BINARY: "true", HEARTH_TARGET: JSON.stringify((platform ?? hostTarget())?.name ?? "") },
    plugins: [embedEngine(project, platform?.engine ?? installedEngine(project)), embedPage(project)],
    compile: {
      outfile,
      // By default the binary runs the bunfig.toml and reads the .env of the folder it is started in.
      autoloadBunfig: false,
      autoloadDotenv: false,
      ...(platform === undefined ? {} : { target: platform.bunTarget, executablePath: platform.runtime }),
    },
  });
  if (!result.success) throw new AggregateError(result.logs, "The binary could not be built");
  if ((platform?.name ?? process.platform).startsWith("darwin")) mendSignature(outfile);
  return statSync(outfile).size;
}

/** What macOS would kill at its start gets a signature that fits. */
function mendSignature(file: string): void {
  const binary = readFileSync(file);
  if (signatureFault(binary) !== undefined) writeFileSync(file, signAdHoc(binary, "hearth"));
}
