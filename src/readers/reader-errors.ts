import { HearthError } from "../errors.ts";
import type { WorkerErrors } from "../worker/worker.ts";

const SPLIT_HINT = "Split it, or convert it to CSV, ndjson or Parquet, which are read piece by piece";

/** A process ended for a reason that may not lie in what it read: the read is repeated once. */
export class ReaderGone extends HearthError {}

/** Errors of a reader process, for one that may take so many bytes. */
export function readerErrors(readMemoryBytes: () => number): WorkerErrors {
  return {
    unavailable: (how, cause, wasKilled = false) =>
      new (wasKilled ? ReaderGone : HearthError)("reader-unavailable", `A reader process ${how}`, {
        hint: "Call `hearth restart` if hearth was replaced or moved; `hearth logs` has what it said.",
        cause,
      }),
    stopped: (cause) =>
      new ReaderGone("data-too-large", "The reader process ended while it read this", {
        hint: `It may have run out of memory. ${SPLIT_HINT}.`,
        cause,
      }),
    memory: () =>
      new HearthError("data-too-large", `Reading this takes more than ${megabytes(readMemoryBytes())}`, {
        hint: `${SPLIT_HINT}, or raise readMemory.`,
      }),
    // Only with a time limit far above the usual one.
    silent: () => readTimeout(undefined),
  };
}

/** Of several reads that took too much together the largest gives way. */
export function displaced(): ReaderGone {
  return new ReaderGone("data-too-large", "Reading this and other files takes more memory than there is", {
    hint: "Try again when less is read at the same time, or raise readMemory.",
  });
}

export function readTimeout(seconds: number | undefined): HearthError {
  const limit = seconds === undefined ? "" : ` of ${seconds} s`;
  return new HearthError("read-timeout", `Reading this takes longer than the time limit${limit}`, {
    hint: `${SPLIT_HINT}, or raise readTimeout.`,
  });
}

export function startedLate(): HearthError {
  return new HearthError("reader-unavailable", "A reader process did not start within a minute", {
    hint: "The machine is too busy: try again later.",
  });
}

export function takerStalled(): HearthError {
  return new HearthError("read-timeout", "Nothing of this table was taken for a minute", {
    hint: "Take it without long pauses, or convert the file to Parquet or CSV.",
  });
}

export function serverStopping(): HearthError {
  return new HearthError("server-stopping", "The server is stopping");
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${Number((bytes / 1e9).toFixed(2))} GB` : `${Math.round(bytes / 1e6)} MB`;
}
