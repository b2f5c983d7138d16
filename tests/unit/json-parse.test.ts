import { describe, expect, test } from "bun:test";
import { HearthError } from "../../src/errors.ts";
import { fileOrigin, KEY_ORDER, keysOf, MAX_DEPTH, parseJson } from "../../src/data/json-parse.ts";
import { parseJsonLines, type CellObject } from "../../src/data/json-parse.ts";
import { writeJson } from "../../src/data/json-write.ts";
import { type Cell, WholeFloat } from "../../src/data/table.ts";

/** A failing parse's error. */
function failureOf(text: string | Uint8Array, file?: string): HearthError {
  try {
    parseJson(text, file === undefined ? undefined : fileOrigin(file));
  } catch (error) {
    if (error instanceof HearthError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("numbers keep what they were", () => {
  test.each([
    ["0", 0],
    ["-0", 0],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["18446744073709551616", 18446744073709551616n],
    ["0000000000000001".slice(15), 1],
    ["0.1", 0.1],
    ["1.7976931348623157e308", new WholeFloat(1.7976931348623157e308)],
    ["2.0", new WholeFloat(2)],
    ["-0.0", new WholeFloat(-0)],
    ["1e3", new WholeFloat(1000)],
    ["1E-2", 0.01],
    ["5e-324", 5e-324],
    ["1e999", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
    ["-Infinity", Number.NEGATIVE_INFINITY],
  ] as [string, Cell][])("%s", (text, value) => {
    expect(parseJson(text)).toEqual(value as never);
  });

  test("a float's quick way and the engine's give the same double", () => {
    for (let i = 0; i < 20_000; i += 1) {
      const text = (Math.random() * 10 ** (i % 12)).toFixed(i % 9) + (i % 9 === 0 ? ".0" : "");
      expect(Number(parseJson(text))).toBe(Number(text));
    }
  });
});

describe("objects", () => {
  test("keys that look like numbers keep their place", () => {
    const object = parseJson('{"b": 1, "2021": 2, "a": 3, "10": 4}') as CellObject;
    expect(keysOf(object)).toEqual(["b", "2021", "a", "10"]);
    expect(writeJson(object)).toBe('{"b":1,"2021":2,"a":3,"10":4}');
  });

  test("nothing is noted where JavaScript keeps the order", () => {
    expect(Object.getOwnPropertySymbols(parseJson('{"1": 1, "2": 2, "a": 3}') as object)).toEqual([]);
    expect(KEY_ORDER in (parseJson('{"2": 1, "1": 2}') as object)).toBe(true);
  });

  test("`__proto__` is a key like any other", () => {
    const object = parseJson('{"__proto__": {"admin": true}, "x": 1}') as CellObject;
    expect((object as { admin?: unknown }).admin).toBeUndefined();
    expect(writeJson(object)).toBe('{"__proto__":{"admin":true},"x":1}');
  });

  test("the last of equal keys wins, at the place of the first", () => {
    expect(writeJson(parseJson('{"9": 1, "a": 2, "9": 3}'))).toBe('{"9":3,"a":2}');
  });

  test("a record's keys are not taken for those of the record before", () => {
    const text = '[{"a":1,"ab":2},{"ab":1,"a":2},{"a\\u0062":1,"b":2}]';
    expect(writeJson(parseJson(text))).toBe('[{"a":1,"ab":2},{"ab":1,"a":2},{"ab":1,"b":2}]');
  });
});

describe("errors are in our own words, with line and column", () => {
  test.each([
    ["", "line 1, column 1: expected a value, found the end"],
    ['{"a": [1,2', "line 1, column 11: expected `,` or `]`, found the end"],
    ['{"a": 1,\n "é": }', "line 2, column 7: expected a value, found `}`"],
    ["[1,]", "line 1, column 4: expected a value, found `]`"],
    ["{a: 1}", "line 1, column 2: expected a key in double quotes, found a"],
    ["[01]", "line 1, column 2: expected a number without leading zeros, found 01"],
    ["[1.]", "line 1, column 4: expected a digit, found `]`"],
    ["[1e+]", "line 1, column 5: expected a digit, found `]`"],
    ["[-]", "line 1, column 3: expected a digit, found `]`"],
    ["[1] 2", "line 1, column 5: expected the end, found 2"],
    ["nul", "line 1, column 1: expected a value, found nul"],
    ['["a', "line 1, column 2: a text that does not end"],
    ['["a\nb"]', "line 1, column 4: a control character inside a text; write it as an escape"],
    ['["\\x"]', "line 1, column 3: an escape in a text that JSON does not know"],
    ["\u0000", "expected a value"],
  ])("%j", (text, words) => {
    expect(failureOf(text)).toMatchObject({ code: "json-invalid", status: 400 });
    expect(failureOf(text).message).toContain(words);
  });

  test("a file's are data-invalid and name it", () => {
    const error = failureOf("[1,", "a.json");
    expect(error).toMatchObject({ code: "data-invalid", errorType: "ValueError" });
    expect(error.message).toStartWith('"a.json" is not valid JSON: line 1, column 4');
  });

  test("bytes that are not UTF-8 are named with their line", () => {
    const bytes = Uint8Array.from([0x5b, 0x0a, 0x22, 0xe9, 0x22, 0x5d]);
    expect(failureOf(bytes).code).toBe("json-invalid");
    expect(failureOf(bytes, "a.json")).toMatchObject({ code: "encoding-invalid" });
    expect(failureOf(bytes, "a.json").message).toContain("line 2, byte 0xe9");
  });

  test("absurd depth and absurd digits are refused, not suffered", () => {
    expect(failureOf("[".repeat(1_000_000)).message).toContain(`deeper than ${MAX_DEPTH}`);
    expect(failureOf(`{"a":`.repeat(100_000)).message).toContain(`deeper than ${MAX_DEPTH}`);
    expect(failureOf("9".repeat(1_000_000)).message).toContain("more than 4300 digits");
    expect(parseJson(`${"[".repeat(MAX_DEPTH)}${"]".repeat(MAX_DEPTH)}`)).toBeArray();
  });
});

test("a byte order mark at the start is passed over", () => {
  expect(parseJson(new TextEncoder().encode("\uFEFF[1]"))).toEqual([1]);
});

test("any value comes back as it was", () => {
  const random = generator(7);
  for (let i = 0; i < 2000; i += 1) {
    const text = writeJson(randomCell(random, 4));
    expect(writeJson(parseJson(text))).toBe(text);
    // Whatever we write is JSON to everybody else.
    expect(() => JSON.parse(text)).not.toThrow();
  }
});

test("any broken text gives a HearthError, never another", () => {
  const random = generator(11);
  for (let i = 0; i < 3000; i += 1) {
    const text = writeJson(randomCell(random, 3));
    const at = Math.floor(random() * text.length);
    const broken = text.slice(0, at) + '{}[]:,"\\x1e-.\n'[Math.floor(random() * 14)] + text.slice(at + 1);
    try {
      parseJson(broken);
    } catch (error) {
      expect(error).toBeInstanceOf(HearthError);
    }
  }
});

describe("lines", () => {
  const linesOf = (text: string) => {
    const taken: [string, number][] = [];
    parseJsonLines(text, fileOrigin("a.ndjson"), (value, line) => taken.push([writeJson(value), line]));
    return taken;
  };

  test("blank lines, CRLF and a missing last line break are fine", () => {
    expect(linesOf('{"a":1}\r\n\n  \n{"a":2}')).toEqual([
      ['{"a":1}', 1],
      ['{"a":2}', 4],
    ]);
  });

  test.each([
    ['{"a":1}\n{"a":', "line 2, column 6: expected a value, found the end"],
    ['{"a":1,\n"b":2}\n', "line 1, column 8: expected a key in double quotes, found the end"],
    ['{"a":1} {"a":2}\n', "line 1, column 9: expected the end"],
  ])("%j", (text, words) => {
    expect(() => linesOf(text)).toThrow(words);
  });
});

/** Random numbers that are the same in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function randomCell(random: () => number, depth: number): Cell {
  const kind = Math.floor(random() * (depth > 0 ? 9 : 7));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return Math.floor((random() - 0.5) * 10 ** Math.floor(random() * 16));
  if (kind === 3) return BigInt(Math.floor(random() * 2 ** 53)) * 2n ** 60n + 1n;
  if (kind === 4) return random() * 10 ** Math.floor(random() * 40 - 20);
  if (kind === 5) return new WholeFloat(Math.floor(random() * 1e6));
  if (kind === 6) return randomText(random);
  const count = Math.floor(random() * 5);
  if (kind === 7) return Array.from({ length: count }, () => randomCell(random, depth - 1));
  const entries = Array.from({ length: count }, () => `${JSON.stringify(randomText(random))}:1`);
  return parseJson(`{${entries.join(",")}}`);
}

function randomText(random: () => number): string {
  const alphabet = [
    "a",
    "7",
    "10",
    " ",
    '"',
    "\\",
    "\n",
    "\u0001",
    "é",
    "🦉",
    "\u2028",
    "\ud800",
    "__proto__",
  ];
  return Array.from(
    { length: Math.floor(random() * 6) },
    () => alphabet[Math.floor(random() * alphabet.length)],
  ).join("");
}
