import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Ports of tests: outside the system's own range for outgoing connections (32768 to 60999 on Linux), and outside the
 * range from which hearth derives an instance's port (20000 to 29999), so that nothing else takes one meanwhile.
 */
const FIRST_PORT = 10_200;
const BLOCK_SIZE = 500;
const BLOCKS = 19;

/** Every running test process on this machine claims a block here, by a file with its pid. */
const CLAIMS = join(tmpdir(), `hearth-test-ports-${process.getuid?.() ?? 0}`);

/** A TCP port that nobody holds and no other test is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = takePorts(1);
    if (await isFree(port)) return port;
  }
}

/** The first of `count` ports in a row that no other test is given; for the `startPort` of a config. */
export function takePorts(count = 100): number {
  const { file, block } = claim();
  const used = Number(readFileSync(file, "utf8").split(" ")[1] ?? 0);
  const from = used + count > BLOCK_SIZE ? 0 : used;
  writeFileSync(file, `${process.pid} ${from + count}`);
  return FIRST_PORT + block * BLOCK_SIZE + from;
}

/** This process's claim. Test files that share a process share it, though they share no module. */
function claim(): { readonly file: string; readonly block: number } {
  mkdirSync(CLAIMS, { recursive: true });
  for (const name of readdirSync(CLAIMS)) {
    const file = join(CLAIMS, name);
    const owner = ownerOf(file);
    if (owner === process.pid) return { file, block: Number(name) };
    if (owner !== undefined && !isAlive(owner)) rmSync(file, { force: true });
  }
  for (let block = 0; block < BLOCKS; block += 1) {
    const file = join(CLAIMS, String(block));
    try {
      writeFileSync(file, `${process.pid} 0`, { flag: "wx" });
      process.once("exit", () => rmSync(file, { force: true }));
      return { file, block };
    } catch {
      // Another process has this block.
    }
  }
  throw new Error(`all ${BLOCKS} blocks of test ports are claimed in ${CLAIMS}`);
}

/** Undefined where the file is gone by now, or its process has yet to write it. */
function ownerOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, "utf8").split(" ")[0]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    return await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
  } finally {
    server.close();
  }
}
