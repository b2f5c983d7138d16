import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";

/** A regular file, read as it was at one moment. */
export interface RegularFile {
  readonly stat: Stats;
  readonly bytes: Buffer;
}

/**
 * Reads a regular file of at most `maxBytes`. Whatever is at the path is opened without waiting and looked at before it is
 * read: a FIFO without a writer would stop the whole process, and a device may never end. `check` can throw before the
 * content is read. Gives undefined for what is not a regular file or is larger; throws as `openSync` and `readFileSync`.
 */
export function readRegular(
  path: string,
  maxBytes: number,
  check: (stat: Stats) => void = () => {},
): RegularFile | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    check(stat);
    if (!stat.isFile() || stat.size > maxBytes) return undefined;
    return { stat, bytes: readFileSync(fd) };
  } finally {
    closeSync(fd);
  }
}
