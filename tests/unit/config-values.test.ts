import { describe, expect, test } from "bun:test";
import { parseDuration, readDuration } from "../../src/config/duration.ts";
import { SETTING_KEYS } from "../../src/config/keys.ts";
import { readText, readValue } from "../../src/config/kinds.ts";
import { parseSize, readSize } from "../../src/config/size.ts";

test.each([
  ["90", 90],
  ["90s", 90],
  ["5m", 300],
  ["1h", 3600],
  ["1h30m", 5400],
  ["500ms", 0.5],
  ["0", 0],
  [" 2D ", 172_800],
  [7.5, 7.5],
])("the duration %p is %p seconds", (written, seconds) => expect(readDuration(written)).toBe(seconds));

test.each(["", "abc", "-1", "5 m", "1h 30m", "5mm", "m5", "1e3", Number.NaN, -1, true, null])(
  "%p is no duration",
  (written) => expect(readDuration(written)).toBeUndefined(),
);

test.each([
  ["64MiB", 67_108_864],
  ["8GiB", 8_589_934_592],
  ["500MB", 500_000_000],
  ["1.5 kb", 1500],
  ["100", 100],
  ["100B", 100],
  [4096, 4096],
])("the size %p is %p bytes", (written, bytes) => expect(readSize(written)).toBe(bytes));

test.each(["", "64M", "iB", "5iB", "-1", "1.5.5MB", "99999999TiB", 1.5, -1, false])(
  "%p is no size",
  (written) => expect(readSize(written)).toBeUndefined(),
);

test("what can't be read names the flag, what was expected and what came", () => {
  expect(() => parseDuration("soon", "--ttl")).toThrow(
    '--ttl: expected a duration such as 90, 90s, 5m, 1h or 0, got "soon"',
  );
  expect(() => parseSize("64M", "--body-limit")).toThrow(
    /^--body-limit: expected a size such as .*, got "64M"$/,
  );
});

describe("kinds", () => {
  test("ports, hosts, origins, booleans, levels", () => {
    expect([0, "8765", 65_536, "x", 1.5, ""].map((value) => readValue("port", value))).toEqual([
      0,
      8765,
      ...Array(4),
    ]);
    expect(["LOCALHOST", "[::1]", "http://x", "a b", ""].map((value) => readValue("host", value))).toEqual([
      "localhost",
      "::1",
      ...Array(3),
    ]);
    expect(readText("origins", "https://A.example:443/, http://b:1")).toEqual([
      "https://a.example",
      "http://b:1",
    ]);
    expect(readText("origins", "https://a/path")).toBeUndefined();
    expect(readText("paths", "/a:b c:")).toEqual(["/a", "b c"]);
    expect(["true", "1", false, "no"].map((value) => readValue("boolean", value))).toEqual([
      true,
      true,
      false,
      undefined,
    ]);
    expect(readValue("level", "verbose")).toBeUndefined();
  });
});

test("keys, variables and flags of the settings are all different", () => {
  for (const column of ["key", "env", "flag"] as const) {
    const names = SETTING_KEYS.map((key) => key[column]).filter((name) => name !== undefined);
    expect(new Set(names).size).toBe(names.length);
  }
});
