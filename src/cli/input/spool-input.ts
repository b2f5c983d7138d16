import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DataBody } from "../../client/build-request.ts";
import { exitOnInterrupt } from "../interrupt.ts";

/** A pipe's data in a file of its own, for requests whose body is already taken by the query. */
export interface SpooledInput {
  readonly path: string;
  readonly type: string;
}

/** Copies a body into a private folder below the temporary one; gone when we are. */
export async function spoolInput(data: DataBody): Promise<SpooledInput> {
  const folder = mkdtempSync(join(tmpdir(), "hearth-input-"));
  const path = join(folder, `input.${data.type}`);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  exitOnInterrupt();
  process.once("exit", remove);
  const file = openSync(path, "wx", 0o600);
  try {
    for await (const piece of data.body as ReadableStream<Uint8Array>) writeFully(file, piece);
  } finally {
    closeSync(file);
  }
  return { path, type: data.type };
}

function writeFully(file: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) offset += writeSync(file, bytes, offset);
}
