import { readlinkSync } from "node:fs";
import { onceUnlessFailed } from "../once-unless-failed.ts";

/** Who writes a temp file, as its name tells: enough to know later whether that writer still lives. */
export interface TempWriter {
  /** Fingerprint of the host and the pid namespace: a pid means nothing elsewhere. */
  readonly place: string;
  readonly pid: number;
  /** Seconds since the epoch when the process started. */
  readonly startedAt: number;
}

const TEMP_NAME = /^\.hearth-([0-9a-z]+)-(\d+)-(\d+)-[0-9a-f]+\.tmp$/;

/** This process, as the names of its temp files tell it. */
export const thisWriter: () => Promise<TempWriter> = onceUnlessFailed(describeSelf);

/** A hidden name, not used yet, in which the writer stands: `.hearth-PLACE-PID-START-RANDOM.tmp`. */
export function tempName(writer: TempWriter): string {
  const random = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  return `.hearth-${writer.place}-${writer.pid}-${writer.startedAt}-${random}.tmp`;
}

/** The writer that a temp file's name tells, or undefined for any other name. */
export function parseTempName(name: string): TempWriter | undefined {
  const match = TEMP_NAME.exec(name);
  if (match === null) return undefined;
  return { place: match[1] ?? "", pid: Number(match[2]), startedAt: Number(match[3]) };
}

async function describeSelf(): Promise<TempWriter> {
  const { hostname } = await import("node:os");
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  return { place: fingerprint(`${hostname()} ${pidNamespace()}`), pid: process.pid, startedAt };
}

/** Containers may share a host name and a folder, but number their processes apart. Deno may not look (2.9). */
function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** FNV-1a, 32 bits, in base 36. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(36);
}
