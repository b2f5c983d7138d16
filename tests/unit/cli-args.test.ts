import { describe, expect, test } from "bun:test";
import { parseArgs } from "../../src/cli/args.ts";
import type { ArgDefs } from "../../src/cli/command.ts";
import { editDistance, nearestName } from "../../src/nearest.ts";
import type { HearthError } from "../../src/errors.ts";

const DEFS = {
  file: { type: "positional", required: true, description: "File to read" },
  format: {
    type: "string",
    alias: "f",
    valueHint: "FORMAT",
    options: ["csv", "json"],
    description: "Format",
  },
  source: { type: "string", valueHint: "NAME=FILE", multiple: true, description: "Sources" },
  limit: { type: "string", alias: "n", valueHint: "ROWS", description: "Rows" },
  json: { type: "boolean", alias: "j", description: "JSON" },
  quiet: { type: "boolean", alias: "q", description: "Quiet" },
} as const satisfies ArgDefs;

function failure(...raw: string[]): HearthError {
  try {
    parseArgs(DEFS, raw);
  } catch (error) {
    return error as HearthError;
  }
  throw new Error("it was accepted");
}

describe("a command line", () => {
  test("gives values by name, lists for what may be repeated, undefined for what is absent", () => {
    expect(parseArgs(DEFS, ["a.csv", "--format", "csv", "--source", "x=1", "--source=y=2"])).toEqual({
      file: "a.csv",
      format: "csv",
      source: ["x=1", "y=2"],
    });
  });

  test("takes short flags apart and together", () => {
    expect(parseArgs(DEFS, ["-qj", "-n5", "-f", "json", "x"])).toMatchObject({
      quiet: true,
      json: true,
      limit: "5",
      format: "json",
    });
  });

  test("a switch can be denied", () => {
    expect(parseArgs(DEFS, ["x", "--no-json"])["json"]).toBe(false);
    expect(parseArgs(DEFS, ["x", "--json=false"])["json"]).toBe(false);
  });

  test("behind -- everything is an argument, and - is one anyway", () => {
    expect(parseArgs(DEFS, ["--", "--format"])["file"]).toBe("--format");
    expect(parseArgs(DEFS, ["-"])["file"]).toBe("-");
  });

  test("a value may begin with a dash", () => {
    expect(parseArgs(DEFS, ["x", "--limit", "-5"])["limit"]).toBe("-5");
  });

  test.each([
    [["x", "--foramt", "csv"], 'Unknown flag "--foramt"', "Did you mean --format?"],
    [["x", "--format", "cvs"], 'format can\'t be "cvs"; it is one of csv, json', 'Did you mean "csv"?'],
    [["x", "--limit"], "--limit needs a value", "Write --limit ROWS."],
    [["x", "--limit", "--json"], "--limit needs a value, but --json follows", "Write --limit ROWS."],
    [["x", "--json=maybe"], '--json takes no value, but "maybe" was given', undefined],
    [["x", "y"], 'Unexpected argument "y"', undefined],
    [[], "FILE is missing: file to read", undefined],
    [["x", "-z"], 'Unknown flag "-z"', undefined],
  ])("%j is refused in plain words", (raw, message, hint) => {
    const error = failure(...raw);
    expect(error).toMatchObject({ code: "usage", exitCode: 2, message });
    expect(error.hint).toBe(hint as string);
  });

  test("a flag named like an object's method is unknown, not inherited", () => {
    expect(failure("x", "--constructor").message).toBe('Unknown flag "--constructor"');
  });
});

describe("the nearest name", () => {
  test("is found over typos, swapped letters and beginnings", () => {
    expect(nearestName("satus", ["start", "status", "stop"])).toBe("status");
    expect(nearestName("raed", ["read", "reload"])).toBe("read");
    expect(nearestName("CITY", ["Country", "City"])).toBe("City");
    expect(nearestName("comp", ["compute", "completions"])).toBe("compute");
  });

  test("is nothing when nothing is near", () => {
    expect(nearestName("a", ["abcdef"])).toBeUndefined();
    expect(nearestName("x".repeat(1e6), ["x".repeat(1e6 - 1)])).toBeUndefined();
    expect(nearestName("xyzzy", ["read", "write"])).toBeUndefined();
  });

  test("counts swapped neighbours as one change", () => {
    expect(editDistance("raed", "read")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("kitten", "sitting")).toBe(3);
  });
});
