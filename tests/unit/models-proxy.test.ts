import { describe, expect, test } from "bun:test";
import { NO_MODELS, type ModelsConfig } from "../../src/models/config/types.ts";
import { editParams } from "../../src/models/proxy/edit-request.ts";
import { requestHeaders, responseHeaders } from "../../src/models/proxy/headers.ts";
import { boundaryOf, readModelField } from "../../src/models/proxy/multipart.ts";
import { SseLines } from "../../src/models/proxy/sse.ts";
import { usageIn, UsageWatch } from "../../src/models/proxy/usage.ts";
import { resolveName } from "../../src/models/resolve-name.ts";

const NO_FILTERS = { strip: [], defaults: {}, set: {}, setById: new Map() };

describe("a request", () => {
  test("that nothing changes stays as it is", () => {
    expect(
      editParams({ model: "a", x: 1 }, "a", { filters: NO_FILTERS, upstreamName: undefined }),
    ).toBeUndefined();
  });

  test("loses, gets by default, gets in any case, and never loses its model", () => {
    const filters = {
      strip: ["temperature", "absent"],
      defaults: { seed: 1, top_p: 0.1 },
      set: { top_k: 5, model: "evil" },
      setById: new Map([["a:high", { effort: "high" }]]),
    };
    const params = { model: "a:high", temperature: 1, top_p: 0.9 };
    expect(editParams(params, "a:high", { filters, upstreamName: "real" })).toEqual({
      model: "real",
      top_p: 0.9,
      seed: 1,
      top_k: 5,
      effort: "high",
    });
    expect(params).toEqual({ model: "a:high", temperature: 1, top_p: 0.9 });
  });

  test("by another name is sent with the model's own", () => {
    const sent = editParams({ model: "virtual" }, "a", { filters: NO_FILTERS, upstreamName: undefined });
    expect(sent).toEqual({ model: "a" });
  });
});

describe("headers", () => {
  test("of one connection, of hearth's own and a key for hearth are not passed on", () => {
    const headers = new Headers({
      connection: "x-private, keep-alive",
      "x-private": "1",
      "x-hearth-cwd": "/home",
      authorization: "Bearer key",
      "x-api-key": "key",
      "accept-encoding": "gzip",
      "content-type": "application/json",
      te: "trailers",
    });
    const rest = { "content-type": "application/json" };
    expect(requestHeaders(headers, { dropsKey: true, keepsEncoding: false })).toEqual({
      ...rest,
      "accept-encoding": "identity",
    });
    expect(requestHeaders(headers, { dropsKey: false, keepsEncoding: true })).toEqual({
      ...rest,
      "accept-encoding": "gzip",
      authorization: "Bearer key",
      "x-api-key": "key",
    });
  });

  test("of an answer are passed on by name, and no others", () => {
    const raw = [
      "Set-Cookie",
      "a=1",
      "Set-Cookie",
      "b=2",
      "Connection",
      "X-Gone",
      "X-Gone",
      "1",
      "OpenAI-Processing-Ms",
      "2",
    ];
    const kept = responseHeaders(raw);
    expect([...kept]).toEqual([["openai-processing-ms", "2"]]);
  });
});

describe("a form's field model", () => {
  const form = (...parts: readonly string[]) =>
    Buffer.from(`${parts.map((part) => `--xyz\r\n${part}`).join("\r\n")}\r\n--xyz--\r\n`);
  const field = (name: string, value: string) =>
    `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
  const file = (value: string) =>
    `Content-Disposition: form-data; name="file"; filename="model"\r\nContent-Type: audio/wav\r\n\r\n${value}`;
  const read = (body: Buffer, pieceBytes: number, limitBytes = 1e9) => {
    const pieces = async function* () {
      for (let i = 0; i < body.length; i += pieceBytes)
        yield new Uint8Array(body.subarray(i, i + pieceBytes));
    };
    return readModelField(pieces(), "xyz", limitBytes);
  };

  test.each([1, 2, 3, 7, 100, 1e6])(
    "is found in pieces of %d bytes, wherever it stands",
    async (pieceBytes) => {
      for (const body of [
        form(field("model", "whisper"), file("RIFF\r\n--xy\r\nname=model")),
        form(field("language", "de"), file("RIFF\r\n\r\n--"), field("model", "whisper")),
        form(field("model", "whisper")),
      ]) {
        const { after, before, name } = await read(body, pieceBytes);
        expect(name).toBe("whisper");
        const rest = body.subarray(before.length + name.length);
        expect(Buffer.from(after)).toEqual(rest.subarray(0, after.length));
        expect(Buffer.from(before)).toEqual(body.subarray(0, before.length));
      }
    },
  );

  test("is missed, or comes too late", async () => {
    expect(read(form(field("other", "x"), file("model")), 10)).rejects.toMatchObject({
      code: "request-invalid",
    });
    const late = form(file("x".repeat(5000)), field("model", "m"));
    expect(read(late, 100, 1000)).rejects.toMatchObject({ code: "body-too-large" });
  });

  test("behind a large file costs no more than reading it", async () => {
    const body = form(file("x".repeat(30e6)), field("model", "m"));
    // Copying all that is there for each piece would move 7 GB.
    expect((await read(body, 64 * 1024)).name).toBe("m");
  }, 60_000);

  test.each([
    ["multipart/form-data; boundary=xyz", "xyz"],
    ['Multipart/Form-Data; charset=utf-8; boundary="a b"', "a b"],
    ["application/json", undefined],
    [null, undefined],
  ])("boundary of %p", (type, boundary) => {
    expect(boundaryOf(type)).toBe(boundary);
  });
});

describe("a stream of events", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const text = (piece: Uint8Array | undefined) =>
    piece === undefined ? "" : new TextDecoder().decode(piece);

  test("goes on in whole lines, however it is cut", () => {
    const whole = 'data: {"a":1}\n\n: keepalive 1/2\n\ndata: [DONE]\n\n';
    for (let size = 1; size <= whole.length; size += 1) {
      const lines = new SseLines();
      let out = "";
      for (let i = 0; i < whole.length; i += size) {
        const ready = text(lines.push(bytes(whole.slice(i, i + size))));
        expect(ready === "" || ready.endsWith("\n")).toBe(true);
        out += ready;
      }
      expect([out + text(lines.rest()), lines.isDone, lines.isBetweenEvents]).toEqual([whole, true, true]);
    }
  });

  test("without a line end is passed on in bounded memory, in time that grows with its length alone", () => {
    const lines = new SseLines();
    const chunk = new Uint8Array(1024).fill(120);
    const total = 128 << 20;
    let passed = 0;
    // Joined again at each chunk this takes minutes; the test's own limit is what ends it.
    for (let sent = 0; sent < total; sent += chunk.length) passed += lines.push(chunk)?.length ?? 0;
    expect(total - passed).toBeLessThan(9 << 20);
    expect(passed + (lines.rest()?.length ?? 0)).toBe(total);
    expect(text(lines.push(bytes("\n\ndata: [DONE]\n\n"))).slice(-16)).toBe("\n\ndata: [DONE]\n\n");
    expect([lines.isDone, lines.isBetweenEvents]).toEqual([true, true]);
  });

  test("that was cut is known to be", () => {
    const lines = new SseLines();
    expect(text(lines.push(bytes('data: {"a":1}\ndata: {"b')))).toBe('data: {"a":1}\n');
    expect([lines.isDone, lines.isBetweenEvents]).toEqual([false, false]);
  });
});

describe("a name", () => {
  const selector = (strategy: "pin" | "warm" | "spillover", spillover = 1) => ({
    id: "s",
    strategy,
    targets: ["a", "alias", "c"],
    spillover,
    listing: { name: undefined, description: undefined, metadata: undefined },
  });
  const config = (changes: Partial<ModelsConfig>): ModelsConfig => ({
    ...NO_MODELS,
    names: new Map([
      ["a", "a"],
      ["alias", "b"],
      ["c", "c"],
    ]),
    ...changes,
  });
  const states = (all: Record<string, [string, number]>) => (id: string) => {
    const [state, inFlight] = all[id] ?? ["stopped", 0];
    return { state: state as "ready", inFlight, queued: 0 };
  };
  const choose = (
    strategy: "pin" | "warm" | "spillover",
    all: Record<string, [string, number]>,
    spillover = 1,
  ) => resolveName(config({ selectors: new Map([["s", selector(strategy, spillover)]]) }), "s", states(all));

  test("stands for itself, for what a profile pins, or for nothing", () => {
    const pins = new Map([
      ["x", "a"],
      ["off", undefined],
    ]);
    const resolve = (name: string) => resolveName(config({ pins }), name, states({}));
    expect([resolve("a"), resolve("unknown"), resolve("x"), resolve("off")]).toEqual([
      "a",
      "unknown",
      "a",
      undefined,
    ]);
  });

  test("pin: the first; warm: one that is ready, else one that starts, else the first", () => {
    expect(choose("pin", { c: ["ready", 0] })).toBe("a");
    expect(choose("warm", {})).toBe("a");
    expect(choose("warm", { c: ["starting", 0] })).toBe("c");
    expect(choose("warm", { b: ["ready", 0], c: ["starting", 0] })).toBe("alias");
  });

  test("spillover: fills one, then the next, then the least full", () => {
    expect(choose("spillover", {})).toBe("a");
    expect(choose("spillover", { a: ["ready", 1] }, 2)).toBe("a");
    expect(choose("spillover", { a: ["ready", 2] }, 2)).toBe("alias");
    expect(choose("spillover", { a: ["ready", 3], b: ["starting", 2], c: ["ready", 4] }, 2)).toBe("alias");
  });
});

describe("the usage in an answer", () => {
  test.each([
    [
      '{"usage":{"prompt_tokens":3,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":2}}}',
      3,
      4,
    ],
    ['{"data":[],"usage":{"prompt_tokens":9,"total_tokens":9}}', 9, undefined],
    [
      '{"usage": {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 2}, "output_tokens": 4}}',
      3,
      4,
    ],
    [
      '{"usage":{"input_tokens":3,"cache_read_input_tokens":10,"cache_creation_input_tokens":1,"output_tokens":4}}',
      14,
      4,
    ],
    [
      'data: {"usage":null}\n\ndata: {"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\ndata: {"usage":null}',
      1,
      2,
    ],
    ['{"timings":{"prompt_n":5,"cache_n":2,"predicted_n":8}}', 7, 8],
    ['{"content":"x","tokens_predicted":8,"tokens_evaluated":7,"stop":true}', 7, 8],
    // What a model writes is escaped, and no usage.
    [JSON.stringify({ content: '"usage":{"prompt_tokens":1,"completion_tokens":2}' }), undefined, undefined],
    ['{"usage":{"prompt_tokens":-1,"completion_tokens":1.5}}', undefined, undefined],
    ['"usage":{"prompt_tokens":1', undefined, undefined],
    ["", undefined, undefined],
  ])("%s", (text, input, output) => {
    expect(usageIn(text)).toEqual({ input, output });
  });

  test("is found however the body is cut, and however long it is", () => {
    const text = `{"message":{"usage":{"input_tokens":20,"output_tokens":1}}}${"äöü ".repeat(9000)}{"usage":{"output_tokens":42}}`;
    const bytes = new TextEncoder().encode(text);
    // In as many pieces as are kept: nobody writes a usage byte by byte.
    for (const size of [7, 100, 4096, 5000, bytes.length]) {
      const watch = new UsageWatch();
      for (let at = 0; at < bytes.length; at += size) watch.piece(bytes.subarray(at, at + size));
      expect(watch.read()).toEqual({ input: 20, output: 42 });
    }
  });

  test("is looked for at the ends alone", () => {
    const watch = new UsageWatch();
    const filler = "x".repeat(5000);
    watch.piece(
      new TextEncoder().encode(`${filler}{"usage":{"prompt_tokens":1,"completion_tokens":2}}${filler}`),
    );
    expect(watch.read()).toEqual({ input: undefined, output: undefined });
  });
});
