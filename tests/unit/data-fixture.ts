import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileAccess } from "../../src/access/file-access.ts";
import type { FileAccess } from "../../src/access/files.ts";
import { createDataService, type DataService, type ReadResult } from "../../src/data/service.ts";
import { encodeRecords } from "../../src/data/json-write.ts";
import { collect } from "../../src/data/columns.ts";
import { SpillBudget } from "../../src/spill-budget.ts";

/** A data service over a folder of its own, with a clock that a test may move. */
export interface DataFixture {
  readonly folder: string;
  readonly service: DataService;
  readonly files: FileAccess;
  /** Milliseconds added to the clock. */
  aheadMs: number;
  /** The records that a source gives, as JSON. */
  json(source: unknown, signal?: AbortSignal): Promise<string>;
  read(source: unknown, signal?: AbortSignal): Promise<ReadResult>;
  close(): void;
}

/** Makes a folder and a service that sees it as the only root. */
export function createDataFixture(limits: { cache?: number; memory?: number } = {}): DataFixture {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "hearth-data-")));
  const files = createFileAccess({
    caller: { kind: "guest" },
    roots: [folder],
    base: folder,
    protectedPaths: () => [],
    guestWrites: "any",
    trustedPaths: () => [],
  });
  const service = createDataService({
    cacheLimitBytes: limits.cache ?? 64 * 2 ** 20,
    memoryLimitBytes: limits.memory ?? 256 * 2 ** 20,
    spillFolder: async () => folder,
    spillBudget: new SpillBudget(() => 1 << 30),
    now: () => Date.now() + fixture.aheadMs,
  });
  const read = (source: unknown, signal = new AbortController().signal) =>
    service.read(source, { files, signal });
  const fixture: DataFixture = {
    folder,
    service,
    files,
    aheadMs: 0,
    read,
    async json(source, signal) {
      const result = await read(source, signal);
      return new TextDecoder().decode(
        encodeRecords(result.table ?? (await collect(result.stream(), 2 ** 30))),
      );
    },
    close() {
      service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return fixture;
}
