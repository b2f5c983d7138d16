import { describe, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { bufferInput, type ByteInput, fileInput, withoutCompression } from "../../src/data/bytes.ts";
import { parseCsvOptions } from "../../src/data/csv/options.ts";
import { scanCsv } from "../../src/data/csv/scan-csv.ts";
import { choppedInput, read, readError, readTables } from "./csv-support.ts";

/** Three megabytes in which every type shows what it is only near the end. */
function lateText(): string {
  const row = (at: number) => `${at},${at},${at % 7 === 0 ? "" : at},True,"a ""b"" ${at}",2020-01-01\n`;
  const rows = Array.from({ length: 60_000 }, (_, at) => row(at)).join("");
  return `id,big,gap,flag,text,late\n${rows}1,9007199254740993,x,,last,\n`;
}

describe("a file beyond the limit", () => {
  test("comes in batches with the columns that it would have in one piece", async () => {
    const text = lateText();
    const whole = await readTables(text);
    const pieces = await readTables(text, { memoryLimit: 1_000_000 });
    expect(whole.tables).toHaveLength(1);
    expect(pieces.tables.length).toBeGreaterThan(2);
    expect(pieces.schema).toEqual(whole.schema);
    expect(pieces.schema.map(({ dtype }) => dtype)).toEqual([
      "int64",
      "int64",
      "object",
      "object",
      "object",
      "object",
    ]);
    expect(await read(text, { memoryLimit: 1_000_000 })).toEqual((await read(text)) as never);
  });

  test("is read twice and no more, and closed when somebody breaks off or an error stops it", async () => {
    let opened = 0;
    let closed = 0;
    const source = choppedInput("a\n".concat("1\n".repeat(100_000)), 10_000);
    const counted = (end: string): ByteInput => ({
      ...source,
      async *open() {
        opened += 1;
        try {
          yield* source.open();
          yield new TextEncoder().encode(end);
        } finally {
          closed += 1;
        }
      },
    });
    await readTables(counted("2\n"), { memoryLimit: 50_000 });
    expect([opened, closed]).toEqual([2, 2]);
    await readError(counted("1,2\n"), { memoryLimit: 50_000 });
    expect([opened, closed]).toEqual([3, 3]);
    const limits = { memoryLimit: 50_000, maxCells: 20_000_000, signal: new AbortController().signal };
    const { batches } = await scanCsv(counted("2\n"), parseCsvOptions({ type: "csv" }, ","), limits);
    for await (const _first of batches) break;
    expect([opened, closed]).toEqual([5, 5]);
  });

  test("that changes between the two readings is told", async () => {
    let turn = 0;
    const texts = ["a\n".concat("1\n".repeat(1000)), "a\n".concat("x\n".repeat(1000))];
    const input: ByteInput = {
      ...choppedInput(texts[0] ?? "", 100),
      open: () => choppedInput(texts[turn++] ?? "", 100).open(),
    };
    expect(await readError(input, { memoryLimit: 1100 })).toMatchObject({ code: "file-changed" });
    turn = 0;
    texts[1] = "a\n1\n";
    expect(await readError(input, { memoryLimit: 1100 })).toMatchObject({ code: "file-changed" });
  });
});

describe("compressed input", () => {
  const text = "a,b\n1,x\n2,y\n".repeat(50).replaceAll("\na,b", "");
  const bytes = new TextEncoder().encode(text);
  const packed = { "t.csv.gz": gzipSync(bytes), "t.csv.zst": zstdCompressSync(bytes) };

  test("is told by its first bytes, whatever its name", async () => {
    const expected = await read(text);
    for (const [name, archive] of Object.entries(packed)) {
      expect(await read(bufferInput(archive, name))).toEqual(expected as never);
      expect(await read(bufferInput(archive, "t.csv"))).toEqual(expected as never);
    }
  });

  test("may be made of several parts", async () => {
    for (const [name, pack] of [
      ["t.csv.gz", gzipSync],
      ["t.csv.zst", zstdCompressSync],
    ] as const) {
      const parts = Buffer.concat([
        pack(new TextEncoder().encode("a\n1\n")),
        pack(new TextEncoder().encode("2\n")),
      ]);
      expect(await read(bufferInput(parts, name))).toEqual([["a", "int64", [1, 2]]]);
    }
  });

  test("that is cut off, damaged or followed by something else is refused", async () => {
    for (const [name, archive] of Object.entries(packed)) {
      const damaged = Uint8Array.from(archive, (byte, at) => (at > 12 ? byte ^ 0xff : byte));
      const cut = archive.subarray(0, archive.length - 5);
      const followed = Buffer.concat([archive, Buffer.from("no archive")]);
      for (const broken of [cut, archive.subarray(0, 5), followed, damaged]) {
        const error = await readError(bufferInput(broken, name));
        expect(error).toMatchObject({ code: "data-invalid" });
        expect(error.message).toStartWith(`"${name}" cannot be unpacked: `);
        expect(error.message).toEndWith("archive is damaged or ends too early");
      }
    }
  });

  test("that only its name promises is refused", async () => {
    for (const name of ["t.csv.gz", "t.csv.zst"]) {
      for (const content of [bytes, new Uint8Array(0)]) {
        const error = await readError(bufferInput(content, name));
        expect(error.message).toContain("though its name says so");
        expect(error.hint).toContain('"t.csv"');
      }
    }
    expect(withoutCompression("A.CSV.GZ")).toBe("A.CSV");
  });

  test("beyond the limit is unpacked twice", async () => {
    const large = new TextEncoder().encode("a,b\n".concat("12345,some text\n".repeat(200_000)));
    const { tables } = await readTables(bufferInput(gzipSync(large), "t.csv.gz"), { memoryLimit: 1_000_000 });
    expect(tables.length).toBeGreaterThan(1);
    expect(tables.reduce((rows, table) => rows + table.rows, 0)).toBe(200_000);
  });
});

describe("a file", () => {
  test("is read from an open descriptor to its end", async () => {
    const folder = mkdtempSync(join(tmpdir(), "csv-"));
    const path = join(folder, "t.csv");
    try {
      for (const text of ["a\n1\n", "a,b\n".concat("12345,some text\n".repeat(150_000))]) {
        writeFileSync(path, text);
        const fd = openSync(path, "r");
        const { size, mtimeNs, ctimeNs, ino, dev } = statSync(path, { bigint: true });
        const stamp = { realPath: path, size: Number(size), mtimeNs, ctimeNs, ino, dev };
        const file = {
          shownPath: "t.csv",
          stamp,
          fd,
          nativePath: path,
          isUnchanged: () => true,
          close: () => closeSync(fd),
        };
        expect(await read(fileInput(file))).toEqual((await read(text)) as never);
        file.close();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
