/** How a program of somebody else is run. */
export interface ToolOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a program to its end and gives what it wrote to stdout.
 *
 * @throws with the end of its stderr when it fails or isn't there
 */
export async function runTool(command: readonly string[], { cwd, env }: ToolOptions): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd,
    env: env ?? process.env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const exitCode = await child.exited;
  if (exitCode !== 0) {
    const said = stderr.trim().split("\n").slice(-8).join("\n");
    throw new Error(
      `\`${command.slice(0, 3).join(" ")}\` ended with ${child.signalCode ?? exitCode}: ${said}`,
    );
  }
  return stdout;
}
