import { streamOf, tableBehind } from "../data/columns.ts";
import { splitFrontMatter } from "../data/front-matter.ts";
import { readerOf } from "../data/readers/index.ts";
import type { ReadContext } from "../data/source.ts";
import type { Cell, Table } from "../data/table.ts";
import { decodeUtf8 } from "../data/utf8.ts";
import { parseYaml } from "../data/yaml/parse.ts";
import { HearthError } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { Channel, Message } from "../worker/channel.ts";
import { channelToServer, workUntilServerEnds } from "../worker/host.ts";
import { packCell } from "../worker/packed-cell.ts";
import type { ParseQuestion, ReadAnswer, ReadQuestion } from "./protocol.ts";
import { remoteFiles } from "./remote-files.ts";
import { planOf } from "./table-plan.ts";

/** A table goes to the server in pieces of about this size: taking one in holds it up for some milliseconds. */
const PIECE_BYTES = 1 << 20;

/** Values of a document: a config or the head of a talk has some hundred. */
const DOCUMENT_VALUES = 100_000;

/**
 * Reads files for a server, which asks over our standard input and is answered over our standard output, until that
 * ends. The server ends the process when it takes too much memory or too long.
 *
 * @param serverVersion of the hearth that asks: it started what now lies in its place, which may be another
 */
export function hostReader(serverVersion: string): Promise<never> {
  return workUntilServerEnds(
    serverVersion === VERSION ? new ReaderHost().channel : channelToServer(REFUSING),
  );
}

const refuse = () => {
  throw new HearthError("reader-unavailable", `hearth was replaced by ${VERSION} while this server runs`, {
    hint: "Call `hearth restart`.",
  });
};
const REFUSING = { read: refuse, parse: refuse };

class ReaderHost {
  readonly channel: Channel;
  /** Of the read that runs; there is one at a time. */
  #controller = new AbortController();

  constructor() {
    this.channel = channelToServer({
      read: (question: ReadQuestion) => this.#read(question),
      parse: parseDocument,
      abort: () => this.#controller.abort(),
    });
  }

  async #read({ type, source, memoryLimitBytes, maxCells }: ReadQuestion): Promise<Message> {
    this.#controller = new AbortController();
    const context: ReadContext = {
      files: remoteFiles(this.channel),
      signal: this.#controller.signal,
      memoryLimit: memoryLimitBytes,
      maxCells,
      read: () => Promise.reject(new Error("A reader process reads one source")),
      // The server knows which files it opened.
      dependsOn: () => {},
    };
    const reader = await readerOf({ ...source, type });
    const stream = await withoutRangeErrors(() => reader.read(source, context));
    const table = tableBehind(stream);
    if (table === undefined) {
      const answer: ReadAnswer = {
        schema: stream.schema,
        stream: this.channel.publish(stream.batches, PIECE_BYTES),
      };
      return { value: answer };
    }
    return { value: this.#wholeAnswer(table) };
  }

  #wholeAnswer({ labels, ...table }: Table): ReadAnswer {
    const all = labels === undefined ? table : { ...table, columns: [...table.columns, labels] };
    const { schema, batches } = streamOf(all);
    return {
      schema,
      stream: this.channel.publish(batches, PIECE_BYTES),
      whole: { rows: all.rows, columns: all.columns.map(planOf), hasLabels: labels !== undefined },
    };
  }
}

async function parseDocument(
  { kind, shownName }: ParseQuestion,
  bytes: Uint8Array = new Uint8Array(0),
): Promise<Message> {
  return withoutRangeErrors(async () => {
    const text = decodeUtf8(bytes, shownName).replace(/^\uFEFF/, "");
    return { bytes: packCell(valueOf(kind, text, shownName)) };
  });
}

function valueOf(kind: ParseQuestion["kind"], text: string, shownName: string): Cell {
  const limit = { values: DOCUMENT_VALUES };
  if (kind === "yaml") return parseYaml(text, shownName, 1, limit);
  const { head, headLine } = splitFrontMatter(text);
  return head === undefined ? null : parseYaml(head, shownName, headLine, limit);
}

/** An engine's own limits (of its stack, of a text's or a list's length) are the data's fault, not hearth's. */
async function withoutRangeErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new HearthError("data-too-large", "The data is nested too deeply, or has too long values", {
      cause,
    });
  }
}
