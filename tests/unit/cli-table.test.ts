import { describe, expect, test } from "bun:test";
import { cellText } from "../../src/cli/table/cell-text.ts";
import { cutToWidth, displayWidth } from "../../src/cli/table/display-width.ts";
import { renderTable } from "../../src/cli/table/render-table.ts";
import { createPainter } from "../../src/cli/terminal.ts";
import { WholeFloat } from "../../src/data/table.ts";

const plain = { width: 80, paint: createPainter(false) };

test("a table of a million rows is rendered", () => {
  const rows = Array.from({ length: 1_000_000 }, (_, n) => [n]);
  expect(renderTable(["n"], rows, plain).split("\n").length).toBeGreaterThan(1_000_000);
});

describe("the width of a text on a terminal", () => {
  test.each([
    ["abc", 3],
    ["Zürich", 6],
    ["Zu\u0308rich", 6],
    ["東京", 4],
    ["한국", 4],
    ["🙂", 2],
    ["👩‍👩‍👧", 2],
    ["🇨🇭", 2],
    ["❤️", 2],
    ["a\u200bb", 2],
    ["1", 1],
  ])("%j takes %i columns", (text, width) => expect(displayWidth(text)).toBe(width));

  test("cutting never splits a character or passes the width", () => {
    expect(cutToWidth("東京都", 4)).toBe("東…");
    expect(cutToWidth("👩‍👩‍👧👩‍👩‍👧", 3)).toBe("👩‍👩‍👧…");
    expect(cutToWidth("short", 5)).toBe("short");
  });
});

describe("a cell", () => {
  test("is one line, and control characters are spelled out", () => {
    expect(cellText("a\nb\tc")).toBe("a\\nb\\tc");
    expect(cellText("\u001b[31mred")).toBe("\\u001b[31mred");
  });

  test("keeps numbers exact and floats floats", () => {
    expect(cellText(9007199254740993n)).toBe("9007199254740993");
    expect(cellText(new WholeFloat(2))).toBe("2.0");
    expect(cellText({ a: [1, 2n] })).toBe('{"a":[1,"2"]}');
  });
});

describe("a table", () => {
  test("puts numbers to the right and shows what is missing", () => {
    const text = renderTable(
      ["city", "n"],
      [
        ["東京", 37],
        ["Bern", 1200],
        [null, null],
      ],
      plain,
    );
    expect(text).toBe("city     n\n────  ────\n東京    37\nBern  1200\nnull  null\n");
  });

  test("is never wider than the terminal: texts are cut, then columns left out and named", () => {
    const titles = ["a", "b", "c", "d"];
    const row = ["x".repeat(100), "y".repeat(30), "z".repeat(30), "w".repeat(30)];
    for (const width of [100, 40, 20, 9]) {
      const lines = renderTable(titles, [row], { ...plain, width })
        .trimEnd()
        .split("\n");
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
    expect(renderTable(titles, [row], { ...plain, width: 30 })).toContain("and 1 more: d");
  });

  test("without rows has its header", () => {
    expect(renderTable(["a", "bc"], [], plain)).toBe("a  bc\n─  ──\n");
  });
});
