/** A platform that a binary is made for. */
export interface ReleaseTarget {
  /** How archives are named: OS-ARCH, with `-musl` for Linux without glibc. */
  readonly name: string;
  readonly os: "linux" | "darwin";
  readonly arch: "x64" | "arm64";
  readonly libc: "glibc" | "musl" | undefined;
  /** npm package with Bun for it. */
  readonly runtimePackage: string;
  /** npm package with the engine's native files for it. */
  readonly bindingPackage: string;
  /** The engine's library in that package. */
  readonly library: "libduckdb.so" | "libduckdb.dylib";
  /** What Bun calls it. */
  readonly bunTarget: Bun.Build.CompileTarget;
}

/** Every platform of a release, in the order in which they are built. */
export const TARGETS: readonly ReleaseTarget[] = [
  target("linux", "x64", "glibc"),
  target("linux", "arm64", "glibc"),
  target("linux", "x64", "musl"),
  target("linux", "arm64", "musl"),
  target("darwin", "x64", undefined),
  target("darwin", "arm64", undefined),
];

/**
 * The target of the machine that we run on; undefined when no binary is made for it.
 *
 * @param glibcVersion what the process's own report tells: null means musl on Linux
 */
export function hostTarget(
  platform: string = process.platform,
  arch: string = process.arch,
  glibcVersion: string | null = readGlibcVersion(),
): ReleaseTarget | undefined {
  const libc = platform === "linux" ? (glibcVersion === null ? "musl" : "glibc") : undefined;
  return TARGETS.find((one) => one.os === platform && one.arch === arch && one.libc === libc);
}

function readGlibcVersion(): string | null {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime ?? null;
}

function target(
  os: ReleaseTarget["os"],
  arch: ReleaseTarget["arch"],
  libc: ReleaseTarget["libc"],
): ReleaseTarget {
  const suffix = libc === "musl" ? "-musl" : "";
  return {
    name: `${os}-${arch}${suffix}`,
    os,
    arch,
    libc,
    runtimePackage: `@oven/bun-${os}-${arch === "arm64" ? "aarch64" : "x64"}${suffix}`,
    bindingPackage: `@duckdb/node-bindings-${os}-${arch}${suffix}`,
    library: os === "darwin" ? "libduckdb.dylib" : "libduckdb.so",
    bunTarget: `bun-${os}-${arch}${suffix}` as Bun.Build.CompileTarget,
  };
}
