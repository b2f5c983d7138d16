import { describe, expect, test } from "bun:test";
import { sseData } from "../../src/client/sse-data.ts";
import { shown, shownWithStyles } from "../../src/cli/shown.ts";
import { Output } from "../../src/models/process/output.ts";

describe("security: others' words on a terminal", () => {
  test.each([
    ["\u001b]0;owned\u0007", "\\x1b]0;owned\\x07"],
    ["\u001b[2J\u001b[H", "\\x1b[2J\\x1b[H"],
    ["\u009b31m", "\\x9b31m"],
    ["a\rb\u0008c\u007f", "a\\x0db\\x08c\\x7f"],
    ["one\r\ntwo\tthree\n", "one\ntwo\tthree\n"],
    ["\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"],
    ["München 日本 🙂", "München 日本 🙂"],
  ])("%j is shown as it is spelled", (text, spelled) => {
    expect(shown(text)).toBe(spelled);
    expect([...text].map(shown).join("").replaceAll("\\x0d\n", "\n")).toBe(spelled);
  });

  test("our own styles stay, every other sequence does not", () => {
    expect(shownWithStyles("\u001b[31mhearth:\u001b[39m \u001b[5mx\u001b[2J")).toBe(
      "\u001b[31mhearth:\u001b[39m \\x1b[5mx\\x1b[2J",
    );
  });
});

describe("the data of server-sent events", () => {
  const read = async (...chunks: string[]) => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    });
    const found: string[] = [];
    for await (const data of sseData(stream)) found.push(data);
    return found;
  };

  test.each([
    ["several lines of one event", ["data: a\ndata: b\n\ndata: c\n\n"], ["a\nb", "c"]],
    ["blanks but the first", ["data:   x\n\n"], ["  x"]],
    ["any line end, cut anywhere", ["data: a\r", "\n\r\ndata: b\r\rdata", ": c\n\n"], ["a", "b", "c"]],
    ["comments, names and empty events", [": hi\nevent: x\n\ndata: a\nid: 1\n\n\n"], ["a"]],
    ["a last event without its empty line", ["data: a\n\ndata: [DONE]"], ["a", "[DONE]"]],
  ])("%s", async (_, chunks, expected) => {
    expect(await read(...chunks)).toEqual(expected);
  });
});

test("a follower of a server's output that throws is let go, and reading goes on", () => {
  const output = new Output();
  const followed: string[] = [];
  output.follow(() => {
    throw new Error("ENOSPC");
  });
  output.follow((line) => followed.push(line));
  output.append("stdout", "one\ntwo\n");
  expect(followed).toEqual(["one\n", "two\n"]);
  expect(output.tail()).toEqual(["one\n", "two\n"]);
});
