import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A fresh folder for one test file: a data folder, and a home of its own for everything hearth keeps. */
export interface Place {
  /** Where the server and its callers work. */
  readonly data: string;
  readonly home: string;
  /** A clean environment: own home, state, config and cache folders; nothing of the developer's. */
  readonly env: Record<string, string>;
  write(name: string, content: string | Uint8Array): string;
  remove(): void;
}

/** Makes a place; `fixtures` is a folder that is copied into its data folder. */
export function createPlace(fixtures?: string): Place {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "hearth-test-")));
  const data = join(folder, "data");
  const home = join(folder, "home");
  const temporary = join(folder, "tmp");
  for (const made of [data, home, temporary]) mkdirSync(made);
  if (fixtures !== undefined) cpSync(fixtures, data, { recursive: true });
  const env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    TZ: "UTC",
    HOME: home,
    TMPDIR: temporary,
    HEARTH_STATE_DIR: join(folder, "state"),
    // Unpacking the engine once is enough for all tests of the binary.
    HEARTH_CACHE_DIR: join(tmpdir(), `hearth-test-cache-${process.getuid?.() ?? 0}`),
    // Deno compiles sources once for all tests.
    DENO_DIR: process.env["DENO_DIR"] ?? join(tmpdir(), `hearth-test-deno-${process.getuid?.() ?? 0}`),
    NO_COLOR: "1",
  };
  return {
    data,
    home,
    env,
    write(name, content) {
      const path = join(data, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
