/** Bytes of a server's output that are kept in memory, roughly. */
const KEPT_CHARACTERS = 100 * 1024;

/** A line is cut off here, so that an endless one takes no endless memory. */
const LONGEST_LINE = 16 * 1024;

/** Takes each whole line, with its "\n". */
export type OnLine = (line: string) => void;

/** What a server printed: its last lines, and each further one for whoever follows. */
export class Output {
  readonly #lines: string[] = [];
  readonly #followers = new Set<OnLine>();
  #characters = 0;
  #unfinished = new Map<string, string>();

  /** The last lines, the oldest first; all that are kept by default. */
  tail(count: number = this.#lines.length): readonly string[] {
    return count <= 0 ? [] : this.#lines.slice(-count);
  }

  /** Calls `listener` with every line from now on; what it returns ends that. */
  follow(listener: OnLine): () => void {
    this.#followers.add(listener);
    return () => void this.#followers.delete(listener);
  }

  /** Adds a line of our own, such as what was started. */
  note(line: string): void {
    this.#take(`${line}\n`);
  }

  /** Takes what came from one stream; a line is one when its end has come. Carriage returns end a line too. */
  append(stream: string, text: string): void {
    const parts = `${this.#unfinished.get(stream) ?? ""}${text}`.split(/\r\n|\n|\r(?!$)/);
    const rest = parts.pop() ?? "";
    for (const part of parts) this.#take(`${this.#cut(part)}\n`);
    this.#unfinished.set(stream, this.#cut(rest));
  }

  /** Takes what is too long for one line; gives what is left. */
  #cut(line: string): string {
    let rest = line;
    while (rest.length > LONGEST_LINE) {
      this.#take(`${rest.slice(0, LONGEST_LINE)}\n`);
      rest = rest.slice(LONGEST_LINE);
    }
    return rest;
  }

  /** The stream has ended: what is left is a line. */
  end(stream: string): void {
    const rest = this.#unfinished.get(stream)?.replace(/\r$/, "") ?? "";
    this.#unfinished.delete(stream);
    if (rest !== "") this.#take(`${rest}\n`);
  }

  #take(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
    let drop = 0;
    while (this.#characters > KEPT_CHARACTERS && drop < this.#lines.length - 1) {
      this.#characters -= (this.#lines[drop] as string).length;
      drop += 1;
    }
    if (drop > 0) this.#lines.splice(0, drop);
    for (const follower of this.#followers) {
      try {
        follower(line);
      } catch {
        // Reading goes on: a server whose pipe nobody empties would block, or die of it.
        this.#followers.delete(follower);
      }
    }
  }
}

/** Reads a stream to its end, always, so that who writes it never blocks. */
export async function drainInto(
  output: Output,
  name: string,
  stream: ReadableStream<Uint8Array> | undefined,
): Promise<void> {
  if (stream === undefined) return;
  const decoder = new TextDecoder();
  try {
    for await (const chunk of stream) output.append(name, decoder.decode(chunk, { stream: true }));
  } catch {
    // The pipe broke with the process.
  }
  output.append(name, decoder.decode());
  output.end(name);
}
