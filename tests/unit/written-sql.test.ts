import { describe, expect, test } from "bun:test";
import { buildQuery, limitQuery } from "../../src/cli/query/build-query.ts";
import { sqlOf, writtenOf } from "../../src/page/data/sql-of.ts";
import { inFlagsWords, inWrittenWords, type WrittenSql } from "../../src/written-sql.ts";

/** What the server says of the place where `needle` begins. */
function at({ sql }: WrittenSql, needle: string, what = "Syntax error"): string {
  const before = sql.slice(0, sql.lastIndexOf(needle)).split("\n");
  return `${what} in params.query, line ${before.length}, column ${[...(before.at(-1) ?? "")].length + 1}`;
}

function told(query: WrittenSql, needle: string, what?: string): string {
  return inWrittenWords(at(query, needle, what), query);
}

describe("places of SQL errors", () => {
  test.each(["unit price > 499", "🦊 = 'ö' and unit price > 499"])(
    "--where %j: the column in it",
    (where) => {
      const query = buildQuery({ where, select: ["a"], sort: ["-b"] }) as WrittenSql;
      const column = Array.from(where.split("price")[0] ?? "").length + 1;
      expect(told(query, "price")).toBe(`Syntax error in --where, column ${column}`);
      expect(told(limitQuery(query, 5), "price")).toBe(`Syntax error in --where, column ${column}`);
    },
  );

  test("a text of several lines: line and column", () => {
    const query = buildQuery({ sql: "select *\nfrom data\nwhere nope" }) as WrittenSql;
    expect(told(query, "nope")).toBe("Syntax error in --sql, line 3, column 7");
    expect(told(limitQuery(query, 5), "nope")).toBe("Syntax error in --sql, line 3, column 7");
  });

  test("columns: the flag alone", () => {
    const query = buildQuery({ select: ["a", "nope"], sort: ["-gone"] }) as WrittenSql;
    expect(told(query, '"nope"', 'No column named "nope"')).toBe('No column named "nope" in --select');
    expect(told(query, '"gone"', 'No column named "gone"')).toBe('No column named "gone" in --sort');
  });

  test("hearth's own words behind a text that ends too early are not quoted", () => {
    const query = buildQuery({ where: "price >" }) as WrittenSql;
    expect(told(query, ")", 'Syntax error near ")"')).toBe(
      "Syntax error: the text ends too early in --where, column 8",
    );
    expect(told(query, "select *", "Division by zero")).toBe("Division by zero");
  });

  test("messages that name the parameter name the flag", () => {
    const query = buildQuery({ sql: "drop table data" }) as WrittenSql;
    const message = "params.query may only read; DROP is not allowed";
    expect(inWrittenWords(message, query)).toBe("--sql may only read; DROP is not allowed");
    expect(inWrittenWords("Division by zero in params.query", query)).toBe("Division by zero in --sql");
    const two = buildQuery({ where: "a", sort: ["b"] }) as WrittenSql;
    expect(inWrittenWords("Division by zero in params.query", two)).toBe("Division by zero");
  });

  test("a text that looks like a place is left alone", () => {
    const query = buildQuery({ where: '"in params.query, line 1" > 1' }) as WrittenSql;
    const what = 'No column named "in params.query, line 1, column 1"';
    expect(told(query, '"in params', what)).toBe(`${what} in --where, column 1`);
  });

  test("on the page: in the query and the filter as they were written", () => {
    const query = { filename: "a.csv", sql: "  select nope\n from data;", filter: "", order: undefined };
    expect(sqlOf(query)).toBe("select * from (  select nope\n from data\n) as result");
    expect(told(writtenOf(query), "nope")).toBe("Syntax error in your query, line 1, column 10");
    const filtered = { ...query, sql: undefined, filter: "unit price > 4" };
    expect(told(writtenOf(filtered), "price")).toBe("Syntax error in the filter, column 6");
  });

  test("parameters given by flags: the flag, and the line only where there are several", () => {
    const named = (message: string) => inFlagsWords(message, "params.where", "--where");
    expect(named("Syntax error in params.where, line 1, column 8")).toBe("Syntax error in --where, column 8");
    expect(named("Syntax error in params.where, line 2, column 8")).toBe(
      "Syntax error in --where, line 2, column 8",
    );
    expect(named("params.where is not one SQL expression")).toBe("--where is not one SQL expression");
    expect(named('No column named "params.where"')).toBe('No column named "params.where"');
  });
});
