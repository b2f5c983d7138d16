import { writeSync } from "node:fs";
import { HearthError } from "../errors.ts";
import { shownWithStyles } from "./shown.ts";
import { isDevice } from "./terminal.ts";

/**
 * The reader of our stdout went away (`hearth read big.csv | head`). Nobody is told: `run.ts` ends quietly on it.
 */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

const STDOUT = 1;
const STDERR = 2;
const encoder = new TextEncoder();

let isForPerson: boolean | undefined;
const decoder = new TextDecoder();

/** On a terminal no data may control it; in a pipe or a file bytes stay as they are. */
function toTerminal(data: string | Uint8Array): Uint8Array {
  const text = typeof data === "string" ? data : decoder.decode(data, { stream: true });
  return encoder.encode(shownWithStyles(text));
}

/**
 * Writes data to stdout, all of it, before it returns: a slow reader thereby slows down whatever makes the data.
 * Straight to the descriptor, because `process.stdout` alone costs the binary 8 ms of its start.
 */
export function printData(data: string | Uint8Array): void {
  try {
    isForPerson ??= isDevice(STDOUT);
    if (isForPerson) writeFully(STDOUT, toTerminal(data));
    else writeFully(STDOUT, typeof data === "string" ? encoder.encode(data) : data);
  } catch (error) {
    if (codeOf(error) === "EPIPE") throw new OutputClosed();
    if (codeOf(error) === "ENOSPC") throw new HearthError("disk-full", "No space left for standard output");
    throw error;
  }
}

/** Writes a line for a person to stderr. A stderr that nobody reads is not worth failing for. */
export function say(line: string): void {
  writeWords(`${shownWithStyles(line)}\n`);
}

/** Writes to stderr without a line end: progress that is overwritten in place. Others' words go through `shown` before. */
export function writeWords(text: string): void {
  try {
    writeFully(STDERR, encoder.encode(text));
  } catch {
    // Closed or full: the words are lost, the work is not.
  }
}

function writeFully(descriptor: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset, bytes.length - offset);
    } catch (error) {
      // Our end may share a pipe that its other user made non-blocking: wait until there is room again.
      if (codeOf(error) !== "EAGAIN") throw error;
      sleep(2);
    }
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
