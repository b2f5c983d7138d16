import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What shuts a program in: no network, nothing of the machine but what it needs to run, an empty folder to work in. */
export interface Sandbox {
  readonly name: "bubblewrap" | "sandbox-exec" | "container" | "none";
  /** The command that runs a program in it, with `folder` as its only folder. */
  wrap(command: readonly string[], folder: string): readonly [string, ...string[]];
}

const PROBE_MS = 10_000;

/** What is bound read-only, where it is there. */
const SYSTEM = ["/usr", "/bin", "/lib", "/lib64", "/opt"].flatMap((path) => ["--ro-bind-try", path, path]);
/**
 * Bounds of what each program in it may take: 2 GiB of memory that it can write to (runtimes of JavaScript reserve far more
 * than they use), a minute of a processor, and 256 processes (dash says -p, bash -u).
 */
const LIMITS = [
  "ulimit -d 2097152",
  "ulimit -t 60",
  "ulimit -u 256 2>/dev/null || ulimit -p 256 2>/dev/null",
  'exec "$@"',
].join("; ");

const BUBBLEWRAP: Sandbox = {
  name: "bubblewrap",
  wrap: (command, folder) => [
    "bwrap",
    ...SYSTEM,
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "--bind",
    folder,
    "/work",
    "--chdir",
    "/work",
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--setenv",
    "PATH",
    "/usr/local/bin:/usr/bin:/bin",
    "sh",
    "-c",
    LIMITS,
    "sh",
    ...command,
  ],
};

/** `sandbox-exec` of macOS: everything may be read, nothing written but the folder, and no network. */
const SANDBOX_EXEC: Sandbox = {
  name: "sandbox-exec",
  wrap: (command, folder) => [
    "sandbox-exec",
    "-p",
    `(version 1)(allow default)(deny network*)(deny file-write*)(allow file-write* (subpath ${JSON.stringify(folder)}) (literal "/dev/null"))`,
    ...command,
  ],
};

const UNSANDBOXED: Sandbox = { name: "none", wrap: ([program = "true", ...args]) => [program, ...args] };

/** A container of an image that the suite names; docker's own limits besides. */
function containerOf(image: string): Sandbox {
  return {
    name: "container",
    wrap: (command, folder) => [
      "docker",
      "run",
      "--rm",
      "--network=none",
      "--memory=512m",
      "--pids-limit=64",
      "--cap-drop=ALL",
      "--security-opt=no-new-privileges",
      "--read-only",
      "--tmpfs=/tmp",
      `--volume=${folder}:/work`,
      "--workdir=/work",
      image,
      ...command,
    ],
  };
}

/** The sandbox for code: the container that the suite names, else what the machine has; undefined: there is none. */
export async function findSandbox(
  image: string | undefined,
  allowsUnsandboxed: boolean,
): Promise<Sandbox | undefined> {
  if (image !== undefined)
    return (await works(["docker", "image", "inspect", image])) ? containerOf(image) : undefined;
  const own = process.platform === "darwin" ? SANDBOX_EXEC : BUBBLEWRAP;
  if (await works(own.wrap(["true"], "/tmp"))) return own;
  return allowsUnsandboxed ? UNSANDBOXED : undefined;
}

/** A program that is there may still be forbidden, such as user namespaces in a container. */
async function works([program, ...args]: readonly [string, ...string[]]): Promise<boolean> {
  try {
    await run(program, args, { timeout: PROBE_MS });
    return true;
  } catch {
    return false;
  }
}
