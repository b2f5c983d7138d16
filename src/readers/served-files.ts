import type { FileStamp, OpenedFile } from "../access/files.ts";
import { readAt } from "../data/bytes.ts";
import type { SourceFiles } from "../data/source.ts";
import { HearthError } from "../errors.ts";
import type { Handler, Message } from "../worker/channel.ts";
import { type OpenFileQuestion, type ReadFileQuestion, sendStamp } from "./protocol.ts";

/** Bytes that are sent with the answer to `open`: most files of a directory are no larger. */
const HEAD_BYTES = 64 << 10;

/** Bytes of one answer. */
const MOST_BYTES = 1 << 20;

/** Files that one read may have open. */
const MOST_OPEN = 16;

/** The files of the read that a process works on, for its questions. */
export class ServedFiles {
  readonly #open = new Map<number, HeldFile>();
  #files: SourceFiles | undefined;
  #dependsOn: (stamp: FileStamp) => void = () => {};
  #last = 0;

  /** Serves these files from now on. */
  begin(files: SourceFiles, dependsOn: (stamp: FileStamp) => void): void {
    this.end();
    this.#files = files;
    this.#dependsOn = dependsOn;
  }

  /** Serves no files any more, and closes what is open. */
  end(): void {
    this.#files = undefined;
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }

  readonly handlers: Readonly<Record<string, Handler>> = {
    open: (question: OpenFileQuestion) => this.#openFile(question),
    readFile: async ({ file, position, length }: ReadFileQuestion) => {
      const held = this.#open.get(file);
      if (held === undefined) throw overAlready();
      return { bytes: await held.read(position, Math.min(length, MOST_BYTES)) };
    },
    closeFile: (file: number) => {
      this.#open.get(file)?.close();
      this.#open.delete(file);
    },
    stamp: async ({ path, options }: OpenFileQuestion) => ({
      value: sendStamp(await this.#current().stamp(path, options)),
    }),
    list: async ({ path, options }: OpenFileQuestion) => ({
      value: await this.#current().list(path, options),
    }),
    placeOf: async (path: string) => ({ value: await this.#current().placeOf(path) }),
  };

  async #openFile({ path, options }: OpenFileQuestion): Promise<Message> {
    const files = this.#current();
    if (this.#open.size >= MOST_OPEN) throw new Error("A read has too many files open");
    const opened = await files.open(path, options);
    try {
      this.#dependsOn(opened.stamp);
      // One byte more than it has, so that a small file is known to be at its end.
      const bytes = await readAt(opened, Math.min(HEAD_BYTES, opened.stamp.size + 1), 0);
      if (this.#files !== files) throw overAlready();
      this.#last += 1;
      this.#open.set(this.#last, new HeldFile(opened));
      const { shownPath, stamp } = opened;
      const isWhole = bytes.length === stamp.size;
      return {
        value: { file: this.#last, shownPath, stamp: sendStamp(stamp), isWhole },
        bytes,
      };
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  #current(): SourceFiles {
    if (this.#files === undefined) throw overAlready();
    return this.#files;
  }
}

/** An open file that is closed when no read of it is under way: its number could be another file's by then. */
class HeldFile {
  readonly #file: OpenedFile;
  #reads = 0;
  #isClosed = false;

  constructor(file: OpenedFile) {
    this.#file = file;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    this.#reads += 1;
    try {
      return await readAt(this.#file, length, position);
    } finally {
      this.#reads -= 1;
      if (this.#isClosed) this.close();
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#reads === 0) this.#file.close();
  }
}

function overAlready(): HearthError {
  return new HearthError("request-cancelled", "The read is over");
}
