import { describe, expect, test } from "bun:test";
import { type KEY_ORDER, keysOf } from "../../src/data/json-keys.ts";
import { BODY, fileOrigin, parseJson, parseJsonSteps } from "../../src/data/json-parse.ts";
import { writeJson } from "../../src/data/json-write.ts";
import { HearthError } from "../../src/errors.ts";
import { atOnce, inTurns, turn } from "../../src/turns.ts";

const encoder = new TextEncoder();

/** A generator of numbers below 1, always the same for a seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Some JSON value as text, odd in many ways. */
function someJson(random: () => number, depth: number): string {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const blank = () => pick(["", "", "", " ", "\n", " \r\n\t"]);
  const text = () => {
    const letters = pick(["abc", "ä", "😀", '\\"', "\\u00e9", "\\n", "x".repeat(40)]);
    return `"${letters.repeat(Math.floor(random() ** 40 * 60_000) + Math.floor(random() * 4))}"`;
  };
  const kind = random();
  if (depth === 0 || kind < 0.5) {
    return pick([
      text,
      text,
      () => pick(["true", "false", "null", "NaN", "-Infinity", "2.0", "1e400", "-0", "-0.0"]),
      () => String(Math.floor(random() * 1e6)),
      () => String(random() * 10 ** Math.floor(random() * 40 - 20)),
      () => "9".repeat(1 + Math.floor(random() * 40)),
    ])();
  }
  const length = Math.floor(random() ** 4 * (depth === 1 ? 200 : 8));
  const items = Array.from({ length }, (_, at) => {
    const value = blank() + someJson(random, depth - 1) + blank();
    if (kind < 0.75) return value;
    const key = pick([`"k${at}"`, `"${at}"`, '"__proto__"', '"constructor"', text()]);
    return `${blank()}${key}${blank()}:${value}`;
  });
  return kind < 0.75 ? `[${blank()}${items.join(",")}]` : `{${blank()}${items.join(",")}}`;
}

/** What parsing gives: the value and all orders of keys as text, or the words of the error. */
function outcome(parse: () => unknown): string {
  try {
    return writeJson(parse());
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

function inPieces(text: string, origin = BODY) {
  return outcome(() => atOnce(parseJsonSteps(encoder.encode(text), origin, 1e7)));
}

describe("JSON parsed in steps", () => {
  test("gives what one go gives, for any text", () => {
    const random = seeded(13);
    for (let round = 0; round < 60; round += 1) {
      const text = `[${Array.from({ length: 6 }, () => someJson(random, 3)).join(",")}]`;
      // Blanks make each one long enough to be parsed in steps.
      const long = `${" \n".repeat(random() < 0.5 ? 40_000 : 32_768)}${text}`;
      expect(inPieces(long)).toBe(outcome(() => parseJson(long)));
    }
  });

  test("gives the same error at the same place, wherever a text is broken", () => {
    const random = seeded(7);
    for (let round = 0; round < 20; round += 1) {
      const whole = `{"a":[${Array.from({ length: 60 }, () => someJson(random, 1)).join(",\n")}],"b":"${"é\\n".repeat(30_000)}"}`;
      const at = Math.floor(random() * whole.length);
      const broken =
        random() < 0.5
          ? whole.slice(0, at)
          : whole.slice(0, at) +
            ["]", "}", ",", '"', "\u0001", "\\", "-", "1", ":"][round % 9] +
            whole.slice(at + 1);
      if (broken.length < 65_536) continue;
      const origin = fileOrigin("a.json", 5);
      expect(inPieces(broken, origin)).toBe(outcome(() => parseJson(encoder.encode(broken), origin)));
    }
  });

  test("keeps the order of keys of an object with very many", () => {
    const keys = Array.from({ length: 30_000 }, (_, at) => (at % 3 === 0 ? String(30_000 - at) : `k${at}`));
    const text = `{${keys.map((key) => `"${key}":1`).join(",")}}`;
    const value = atOnce(parseJsonSteps(encoder.encode(text), BODY, 1e7)) as { [KEY_ORDER]?: unknown };
    expect(keysOf(value as never)).toEqual(keys);
  });

  test("takes texts, keys and blanks of any length, and a byte order mark", () => {
    const long = "ab\\\\c😀".repeat(100_000);
    for (const text of [
      `\uFEFF["${long}", {"${long}": 1}]`,
      `${" ".repeat(500_000)}[1]${"\n".repeat(500_000)}`,
      `["${long}`,
      `{"${long}" 1}`,
      `["${long}\u0000"]`,
      `[${"9".repeat(2_000_000)}]`,
    ]) {
      expect(inPieces(text)).toBe(outcome(() => parseJson(encoder.encode(text))));
    }
  });

  test("names the line of a byte that is not UTF-8", () => {
    const bytes = encoder.encode(`[\n${'"é",\n'.repeat(400_000)}"x"]`);
    bytes[bytes.length - 3] = 0xff;
    const steps = () => atOnce(parseJsonSteps(bytes, fileOrigin("a.json"), 1e7));
    expect(outcome(steps)).toBe(outcome(() => parseJson(bytes, fileOrigin("a.json"))));
  });

  test("nesting costs no more than the length: no place is parsed more than a few times", () => {
    const nested = `${"[".repeat(500)}${"1,".repeat(100_000)}1${"]".repeat(500)}`;
    const text = `[${Array.from({ length: 10 }, () => nested).join(",")}]`;
    let steps = 0;
    for (const _ of parseJsonSteps(encoder.encode(text), BODY, 1e9)) steps += 1;
    expect(steps).toBeLessThan((text.length / 32_768) * 4);
  });

  test("values that take more memory than allowed are refused while they are made", () => {
    const bomb = `[${"[],".repeat(400_000)}[]]`;
    let steps = 0;
    const parse = () => {
      for (const _ of parseJsonSteps(encoder.encode(bomb), BODY, 10_000)) steps += 1;
    };
    expect(outcome(parse)).toStartWith(
      "data-too-large: The body holds more values than a table of 10,000 cells",
    );
    expect(steps).toBeLessThan(15);
  });
});

describe("work in turns", () => {
  test("all who wait go on, one in each turn, in their order", async () => {
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3].map(async (who) => {
        for (let round = 0; round < 2; round += 1) {
          await turn();
          order.push(who);
        }
      }),
    );
    expect(order).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test("work whose caller left ends with the caller's reason", async () => {
    const leave = new AbortController();
    function* endless() {
      for (;;) {
        yield;
        if (!leave.signal.aborted) leave.abort();
      }
    }
    await expect(inTurns(endless(), leave.signal)).rejects.toMatchObject({ code: "request-cancelled" });
  });
});
