import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hearthCommand, type Target } from "../../tests/support/targets.ts";

/** A folder for one benchmark, with a hearth of its own that touches nobody else's. */
export class Workplace {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "hearth-bench-")));
  readonly env: Record<string, string>;
  readonly port: number;
  readonly #servers: { stop(): Promise<void> }[] = [];

  constructor() {
    this.port = freePort();
    mkdirSync(join(this.folder, "home"));
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: join(this.folder, "home"),
      TZ: "UTC",
      NO_COLOR: "1",
      HEARTH_STATE_DIR: join(this.folder, "state"),
      HEARTH_CACHE_DIR: join(tmpdir(), `hearth-bench-cache-${process.getuid?.() ?? 0}`),
      HEARTH_PORT: String(this.port),
    };
  }

  write(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Starts a command that serves HTTP on a port, and waits until it answers there. */
  async serve(
    command: readonly string[],
    port: number,
    env: Record<string, string> = {},
  ): Promise<{ pid: number }> {
    const child = Bun.spawn([...command], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    });
    this.#servers.push({
      async stop() {
        child.kill("SIGTERM");
        await child.exited;
      },
    });
    await answering(port);
    return { pid: child.pid };
  }

  /** Starts hearth in the foreground on a target; this folder is its root. */
  async serveHearth(
    target: Target,
    port: number,
    env: Record<string, string> = {},
  ): Promise<{ pid: number }> {
    const state = join(this.folder, `state-${port}`);
    const command = [
      ...hearthCommand(target),
      "serve",
      "--quiet",
      "--port",
      String(port),
      "--root",
      this.folder,
    ];
    return this.serve(command, port, { HEARTH_STATE_DIR: state, ...env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A port that nobody listens on at this moment. */
export function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

async function answering(port: number): Promise<void> {
  for (let i = 0; i < 400; i++) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/api/ping`)).arrayBuffer();
      return;
    } catch {
      await Bun.sleep(25);
    }
  }
  throw new Error(`nothing answers on port ${port}`);
}

/** Resident memory of a process in MiB (Linux: /proc; elsewhere ps). */
export function residentMib(pid: number): number {
  const kib = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(pid)])
    .stdout.toString()
    .trim();
  return Number(kib) / 1024;
}
