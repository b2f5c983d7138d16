import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "bun:test";
import { eachOf } from "./attack.ts";
import { createPlace } from "./place.ts";
import { startServer } from "./server.ts";
import type { TestServer } from "./server.ts";
import { PROJECT } from "./targets.ts";
import type { Target } from "./targets.ts";

const SECRET = "SECRET-OUTSIDE";

/** What a guest asks for below the directory that is swapped; `n` makes names new. */
const REQUESTS: readonly ((server: TestServer, n: number) => Promise<Response>)[] = [
  (server, n) =>
    server.post("/api/write_data", {
      output: { type: "csv", filename: `shared/d/w${n}.csv` },
      data: { records: [{ n }] },
    }),
  (server) => server.post("/api/read_data", { data_source: { type: "csv", filename: "shared/d/x.csv" } }),
  (server) => server.get("/api/files?directory=shared/d"),
  (server, n) =>
    server.post("/api/write_data", {
      output: { type: "json_directory" },
      data: {
        records: [{ sourceRoot: "shared", sourceDirectory: `d/new${n}`, sourceFilename: "f.json", n }],
      },
    }),
  (server) =>
    server.post("/api/read_data", {
      data_source: { type: "json_directory", source: { directory: "shared/d", glob: "*.json" } },
    }),
  (server) =>
    server.post("/api/write_data", {
      output: { type: "csv", filename: "shared/d/x.csv" },
      data: { records: [{ a: "inside" }] },
    }),
];

/**
 * A guest writes, reads and lists in a directory that an attacker exchanges with a link out of the root as fast as the
 * machine can. Fails for anything outside that was made, changed, read or named.
 */
export async function raceOutOfRoot(target: Target, tries: number): Promise<Map<string, number>> {
  const place = createPlace();
  const outside = join(place.data, "..", "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "x.csv"), `a\n${SECRET}\n`);
  writeFileSync(join(outside, `${SECRET}.json`), JSON.stringify({ a: SECRET }));
  mkdirSync(join(place.data, "shared", "d"), { recursive: true });
  place.write("shared/d/x.csv", "a\ninside\n");
  place.write("shared/d/y.json", JSON.stringify({ a: "inside" }));
  symlinkSync(outside, join(place.data, "shared", "link"));
  const before = contentOf(outside);
  const server = await startServer(target, { place });
  const attacker = await swapping(join(place.data, "shared", "d"), join(place.data, "shared", "link"));
  const codes = new Map<string, number>();
  try {
    const numbers = Array.from({ length: tries }, (_, n) => n);
    await eachOf(numbers, async (n) => {
      const request = REQUESTS[n % REQUESTS.length] as (typeof REQUESTS)[number];
      const text = await (await request(server, n)).text();
      if (text.includes(SECRET)) throw new Error(`a guest learned what is outside: ${text.slice(0, 300)}`);
      const { code = "answered" } = JSON.parse(text) as { code?: string };
      const kind = `${n % REQUESTS.length} ${code}`;
      codes.set(kind, (codes.get(kind) ?? 0) + 1);
    });
    expect(contentOf(outside)).toEqual(before);
    return codes;
  } finally {
    await attacker.stop();
    await server.stop();
    place.remove();
  }
}

function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, "utf8") : "folder"];
    }),
  );
}

async function swapping(one: string, other: string): Promise<{ stop(): Promise<void> }> {
  const child = Bun.spawn([process.execPath, join(PROJECT, "tests/support/swapper.ts"), one, other], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toContain("ready");
  return {
    async stop() {
      child.stdin.end();
      await child.exited;
      expect(child.exitCode).toBe(0);
    },
  };
}
