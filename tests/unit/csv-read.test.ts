import { describe, expect, test } from "bun:test";
import { bufferInput } from "../../src/data/bytes.ts";
import { choppedInput, read, readError, readTables } from "./csv-support.ts";

describe("records", () => {
  test("a quote counts only at the beginning of a field", async () => {
    expect(await read('a,b\n"x"y,p"q"r\n"x""y","1,2"\n')).toEqual([
      ["a", "object", ["xy", 'x"y']],
      ["b", "object", ['p"q"r', "1,2"]],
    ]);
  });

  test("line ends may be LF, CR or CRLF, also mixed, and stay as they are within quotes", async () => {
    expect(await read('a,b\r\n1,"x\r\ny"\r2,"p\nq"\n3,z')).toEqual([
      ["a", "int64", [1, 2, 3]],
      ["b", "object", ["x\r\ny", "p\nq", "z"]],
    ]);
  });

  test("blank lines and lines of blanks are passed over, quoted empty ones are not", async () => {
    expect(await read('\n a\n\n  \t\n1\n""\n \n')).toEqual([[" a", "float64", [1, null]]]);
  });

  test("a byte order mark is no part of the first name", async () => {
    expect(await read("\uFEFFname,n\nzo\u00eb,1\n")).toEqual([
      ["name", "object", ["zo\u00eb"]],
      ["n", "int64", [1]],
    ]);
  });

  test("short records are filled up", async () => {
    expect(await read("a,b,c\n1\n2,3\n")).toEqual([
      ["a", "int64", [1, 2]],
      ["b", "float64", [null, 3]],
      ["c", "float64", [null, null]],
    ]);
  });

  test("more cells than names in the first record make row labels, which are not kept", async () => {
    expect(await read("a,b\n10,1,2\n20,3,\n30\n")).toEqual([
      ["a", "float64", [1, 3, null]],
      ["b", "float64", [2, null, null]],
    ]);
  });

  test("a longer record is an error that counts lines as an editor does", async () => {
    const error = await readError('a,b\n\n"x\ny",2\n1,2,3,4\n');
    expect(error).toMatchObject({ code: "data-invalid", errorType: "ParserError" });
    expect(error.message).toBe('"t.csv": expected 2 fields in line 5, found 4');
  });

  test("a quote that is never closed is an error with its line", async () => {
    const error = await readError('a,b\n1,2\n"x,3\n4,5\n');
    expect(error).toMatchObject({ code: "data-invalid", errorType: "ParserError" });
    expect(error.message).toBe('"t.csv": the quote that opens in line 3 is never closed');
  });

  test("NUL bytes are text as any other", async () => {
    expect(await read("a\nx\0y\n")).toEqual([["a", "object", ["x\0y"]]]);
  });
});

describe("header", () => {
  test("repeated and empty names get numbers as in pandas", async () => {
    const names = async (header: string) => (await read(`${header}\n`)).map(([name]) => name);
    expect(await names("a,a,b,b,b")).toEqual(["a", "a.1", "b", "b.1", "b.2"]);
    expect(await names("a,a,a.1")).toEqual(["a", "a.2", "a.1"]);
    expect(await names(",Unnamed: 0,,")).toEqual(["Unnamed: 0.1", "Unnamed: 0", "Unnamed: 2", "Unnamed: 3"]);
  });

  test("a header alone gives columns of dtype object", async () => {
    expect(await read("a,b")).toEqual([
      ["a", "object", []],
      ["b", "object", []],
    ]);
  });

  test("null numbers the columns", async () => {
    expect(await read("1,x\n2\n", { header: null })).toEqual([
      [0, "int64", [1, 2]],
      [1, "object", ["x", null]],
    ]);
  });

  test("a number passes over the records before it, however long they are", async () => {
    expect(await read("report,of,things\n\nmade\ncode,qty\nx,3\n", { header: 2 })).toEqual([
      ["code", "object", ["x"]],
      ["qty", "int64", [3]],
    ]);
  });

  test("behind the end it is an error", async () => {
    const error = await readError("a\n1\n", { header: 5 });
    expect(error).toMatchObject({ code: "data-invalid", errorType: "ParserError" });
    expect(error.message).toContain("only 2 lines");
  });
});

describe("what is no CSV", () => {
  test("an empty file, blank lines only, and a lone byte order mark hold no data", async () => {
    for (const text of ["", "\n\n", "  \n", "\uFEFF"]) {
      expect(await readError(text)).toMatchObject({ code: "data-empty", errorType: "EmptyDataError" });
    }
    expect(await readError("", { header: null })).toMatchObject({ code: "data-empty" });
  });

  test("bytes that are not UTF-8 are named with position and line, wherever chunks end", async () => {
    const bytes = Uint8Array.from(
      [..."name\ncaf\u00e9,\u00e9\ncaf"]
        .flatMap((c) => [...new TextEncoder().encode(c)])
        .concat([0xe9, 0x0a]),
    );
    for (const size of [1, 2, 5, 100]) {
      const input = {
        ...bufferInput(bytes, "latin.csv"),
        async *open() {
          for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
        },
      };
      const error = await readError(input);
      expect(error).toMatchObject({ code: "encoding-invalid", errorType: "UnicodeDecodeError" });
      expect(error.message).toBe('"latin.csv" is not UTF-8 text: byte 0xE9 at position 17, line 3');
      expect(error.hint).toContain("iconv");
    }
  });

  test("a character cut off by the end of the file is one of them", async () => {
    const bytes = Uint8Array.of(0x61, 0x0a, 0xf0, 0x9f, 0xa6);
    expect((await readError(bufferInput(bytes, "t.csv"))).message).toContain(
      "byte 0xF0 at position 2, line 2",
    );
  });

  test("other kinds of files are recognised", async () => {
    const utf16 = Uint8Array.of(0xff, 0xfe, 0x61, 0x00, 0x0a, 0x00);
    expect((await readError(bufferInput(utf16, "t.csv"))).hint).toBe("It looks like UTF-16 text.");
    const zip = Uint8Array.of(0x50, 0x4b, 3, 4, 0x14, 0, 0xff, 0xff);
    expect((await readError(bufferInput(zip, "t.csv"))).hint).toContain("zip");
  });
});

describe("large and strange", () => {
  // Work that grows with the square of the columns would not end within the time limit of a test.
  test("100,000 columns are read", async () => {
    const count = 100_000;
    const header = Array.from({ length: count }, (_, at) => `c${at}`).join(",");
    const { tables } = await readTables(`${header}\n${"7,".repeat(count - 1)}7\n`);
    expect(tables[0]?.columns).toHaveLength(count);
  });

  test("more columns than memory allows are refused", async () => {
    const error = await readError(`${"a,".repeat(5000)}a\n`, { memoryLimit: 1_000_000 });
    expect(error).toMatchObject({ code: "data-too-large" });
    expect(error.message).toContain("5001 columns");
  });

  test("a record beyond the limit is refused with its line", async () => {
    const error = await readError(choppedInput(`a\n1\n"${"x\n".repeat(50_000)}`, 1000), {
      memoryLimit: 20_000,
    });
    expect(error).toMatchObject({ code: "data-too-large" });
    expect(error.message).toContain("begins in line 3 is larger than 20000 bytes");
  });

  test("reading ends when the signal aborts", async () => {
    const controller = new AbortController();
    controller.abort(new Error("gone"));
    const error = await readError("a\n1\n", { signal: controller.signal });
    expect(error).toMatchObject({ code: "request-cancelled" });
  });

  test("other work is done while a large text is read", async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await read("a,b\n".concat("12345,some text\n".repeat(400_000)));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});
