import { describe, expect, test } from "bun:test";
import { peek } from "../../src/cli/input/peek.ts";
import { sniffFormat } from "../../src/cli/input/sniff-format.ts";
import { jsonArray } from "../../src/cli/output/json-array.ts";
import { limitLines } from "../../src/cli/output/limit-lines.ts";
import { chooseFormat } from "../../src/cli/output/choose-format.ts";
import { buildQuery, limitQuery } from "../../src/cli/query/build-query.ts";
import { buildParams } from "../../src/cli/query/build-params.ts";
import type { WrittenSql } from "../../src/written-sql.ts";
import { parsePairs } from "../../src/cli/query/parse-pairs.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield encode(text);
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of bytes) text += new TextDecoder().decode(piece);
  return text;
}

describe("the format of a pipe", () => {
  test.each([
    ["a,b\n1,2\n", "csv"],
    ["\ufeffa,b\n", "csv"],
    ["a\tb\n1\t2\n", "tsv"],
    ["one\n1\n", "csv"],
    ["", "csv"],
    ["[x],y\n", "csv"],
    ['[{"a":1}]', "json"],
    ["  \n[\n  1]", "json"],
    ["[]", "json"],
    ['{"a":1}\n{"a":2}\n', "ndjson"],
    ['{"a":1}', "ndjson"],
    ['{\n "a": [1]\n}', "json"],
    [`{"a":"${"x".repeat(100)}`, "ndjson"],
    ["PAR1\u0015", "parquet"],
    ["ARROW1\0\0", "arrow"],
  ])("%j is %s", (text, format) => expect(sniffFormat(encode(text))).toBe(format as never));

  test("an Arrow stream begins with its continuation marker", () => {
    expect(sniffFormat(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x10, 0))).toBe("arrow");
  });

  test("looking at the beginning loses nothing", async () => {
    const source = new Blob(["abc", "def"]).stream();
    const { head, stream } = await peek(source, 2);
    expect(new TextDecoder().decode(head)).toStartWith("ab");
    expect(await new Response(stream).text()).toBe("abcdef");
  });
});

describe("records in a pipe", () => {
  test.each([
    [[], "[]\n"],
    [['{"a":1}\n'], '[\n{"a":1}\n]\n'],
    [['{"a":1}\n{"a":2}\n'], '[\n{"a":1},\n{"a":2}\n]\n'],
    [['{"a":', "1}", "\n", '{"a":2}', '\n{"a":3}\n'], '[\n{"a":1},\n{"a":2},\n{"a":3}\n]\n'],
    [['{"a":12345678901234567890}\n'], '[\n{"a":12345678901234567890}\n]\n'],
  ])("%j become an array, a record a line", async (texts, expected) => {
    expect(await textOf(jsonArray(pieces(...texts)))).toBe(expected);
  });

  test.each([
    [0, ""],
    [1, "a\n"],
    [3, "a\nb\nc\n"],
    [9, "a\nb\nc\nd\n"],
  ])("--limit %i cuts after so many lines, wherever the pieces end", async (limit, expected) => {
    expect(await textOf(limitLines(pieces("a\nb", "\nc\n", "d\n"), limit))).toBe(expected);
  });
});

describe("the output's format", () => {
  test("is a table for a person, JSON for a pipe, and what the file's name says", () => {
    expect(chooseFormat({}, true)).toBe("table");
    expect(chooseFormat({}, false)).toBe("json");
    expect(chooseFormat({ json: true }, true)).toBe("json");
    expect(chooseFormat({ output: "x.parquet" }, true)).toBe("parquet");
    expect(chooseFormat({ output: "-", format: "csv" }, true)).toBe("csv");
  });

  test("binary data is not poured onto a terminal, and a name that tells nothing is asked about", () => {
    expect(() => chooseFormat({ format: "parquet" }, true)).toThrow("parquet is binary");
    expect(() => chooseFormat({ output: "data" }, false)).toThrow('The name "data" doesn\'t tell the format');
    expect(() => chooseFormat({ output: "x.gz" }, false)).toThrow("doesn't tell the format");
  });

  test("is looked for in front of .gz and .zst, which only text is packed as", () => {
    expect(chooseFormat({ output: "x.csv.gz" }, false)).toBe("csv");
    expect(chooseFormat({ output: "x.ndjson.zst" }, true)).toBe("ndjson");
    expect(() => chooseFormat({ output: "x.parquet.gz" }, false)).toThrow("packed inside");
    expect(() => chooseFormat({ format: "arrow", output: "x.gz" }, false)).toThrow("packed inside");
  });
});

describe("the query behind the flags", () => {
  test("is none when nothing is asked for", () => expect(buildQuery({})).toBeUndefined());

  test("quotes names, so that any name works", () => {
    expect(buildQuery({ select: ["a", 'b"c'], sort: ["-x"] })?.sql).toBe(
      'select "a", "b""c" from data order by "x" desc nulls last',
    );
    expect(buildQuery({ where: "x > 1 -- note" })?.sql).toBe("select * from data where (x > 1 -- note\n)");
  });

  test("--sql stands alone", () => {
    expect(() => buildQuery({ sql: "select 1", where: "x" })).toThrow("--sql and --where exclude each other");
    const query = buildQuery({ sql: "select 1 ; " }) as WrittenSql;
    expect(limitQuery(query, 5).sql).toBe("select * from (select 1\n) limit 5");
  });

  test("parameters come from JSON, pairs and friendly flags, in this order", () => {
    const none = { param: [], column: [], measure: [] };
    expect(buildParams(none)).toBeUndefined();
    expect(
      buildParams({
        ...none,
        params: '{"by":["a"],"x":1}',
        param: ["x=2", "t=text"],
        by: "b,c",
        measure: ["n=count(*)"],
      }),
    ).toEqual({ by: ["b", "c"], x: 2, t: "text", measures: { n: "count(*)" } });
    expect(() => buildParams({ ...none, params: "[1]" })).toThrow("--params wants a JSON object");
    expect(() => parsePairs("option", ["x"])).toThrow('--option wants NAME=VALUE, but "x" came');
  });
});
