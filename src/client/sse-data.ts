/**
 * The data of a stream's events, each as it comes; comments and names are passed over.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* sseData(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  for await (const chunk of stream) {
    // A carriage return at the end may be half a line end.
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, value] = DATA_LINE.exec(line) ?? [];
      if (line === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
      } else if (value !== undefined || line === "data") data.push(value ?? "");
    }
  }
  // The standard drops an event without its empty line; servers that end so meant it.
  const [, value] = DATA_LINE.exec(rest.replace(/\r$/, "")) ?? [];
  if (value !== undefined) data.push(value);
  if (data.length > 0) yield data.join("\n");
}

/** One blank behind the colon is not part of the value. */
const DATA_LINE = /^data: ?([^]*)$/;
