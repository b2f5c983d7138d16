import { quoteName } from "../engine/sql-text.ts";
import type { Origin } from "../engine/position.ts";
import type { SqlText } from "../engine/session.ts";

const encoder = new TextEncoder();

/** Puts SQL together and notes where the caller's expressions stand in it, so that errors can name the place. */
export class SqlBuilder implements SqlText {
  sql = "";
  readonly origins: Origin[] = [];

  /** Adds SQL of our own. */
  add(text: string): this {
    this.sql += text;
    return this;
  }

  /** Adds an expression that `Session.checkExpression` has passed; a comment at its end does not reach our words. */
  expression(label: string, text: string): this {
    this.sql += "(";
    this.origins.push({ label, text, start: encoder.encode(this.sql).length });
    this.sql += `${text}\n)`;
    return this;
  }

  /** Adds items with commas between them. */
  list<T>(items: readonly T[], add: (item: T) => void): this {
    items.forEach((item, i) => {
      if (i > 0) this.sql += ", ";
      add(item);
    });
    return this;
  }
}

/**
 * `FROM` a table with its rows numbered in a further column, for an order that does not depend on the engine's plan.
 *
 * @returns the SQL, and the quoted name of the column, which no column of the table has
 */
export function numbered(table: { name: string; columns: readonly { sqlName: string }[] }): {
  from: string;
  row: string;
} {
  const taken = new Set(table.columns.map(({ sqlName }) => sqlName.toLowerCase()));
  let name = "row";
  while (taken.has(name)) name += "_";
  const row = quoteName(name);
  return { from: `(SELECT *, row_number() OVER () AS ${row} FROM ${quoteName(table.name)})`, row };
}
