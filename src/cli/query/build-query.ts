import { HearthError } from "../../errors.ts";
import { writtenSql, type WrittenSql, type WrittenText } from "../../written-sql.ts";

/** The flags of `hearth read` that ask for less, or other, than the whole file. */
export interface QueryFlags {
  readonly sql?: string | undefined;
  readonly select?: readonly string[] | undefined;
  readonly where?: string | undefined;
  /** Column names; one with "-" before it sorts from high to low. */
  readonly sort?: readonly string[] | undefined;
}

/**
 * The SQL that these flags mean over the table `data`, or undefined when none of them is there. Throws `usage` when
 * `--sql` stands beside the others, whose order would be anybody's guess.
 */
export function buildQuery({ sql, select, where, sort }: QueryFlags): WrittenSql | undefined {
  const others = { select, where, sort };
  const besides = Object.entries(others).find(([, value]) => value !== undefined);
  if (sql !== undefined && besides !== undefined) {
    throw new HearthError("usage", `--sql and --${besides[0]} exclude each other`, {
      hint: `Say it in the query: select ... from data where ... order by ...`,
    });
  }
  if (sql !== undefined) return writtenSql({ name: "--sql", text: sql });
  if (besides === undefined) return undefined;
  return writtenSql(
    "select ",
    ...(select === undefined ? ["*"] : listed(select.map((name) => [columnOf("--select", name)]))),
    " from data",
    ...(where === undefined ? [] : [" where (", { name: "--where", text: where }, "\n)"]),
    ...(sort === undefined ? [] : [" order by ", ...listed(sort.map(sortTerm))]),
  );
}

/** The query with at most `limit` rows of its result. */
export function limitQuery(query: WrittenSql, limit: number): WrittenSql {
  const sql = query.sql.replace(/[;\s]+$/, "");
  const last = ({ text, start }: WrittenSql["parts"][number]) => text.slice(0, sql.length - start);
  const parts = query.parts.map((part) => ({ ...part, text: last(part) }));
  return writtenSql("select * from (", { sql, parts }, `\n) limit ${limit}`);
}

type Pieces = readonly (string | WrittenText)[];

function listed(terms: readonly Pieces[]): Pieces {
  return terms.flatMap((term, index) => (index === 0 ? term : [", ", ...term]));
}

function sortTerm(name: string): Pieces {
  return name.startsWith("-")
    ? [columnOf("--sort", name.slice(1)), " desc nulls last"]
    : [columnOf("--sort", name), " nulls last"];
}

function columnOf(flag: string, name: string): WrittenText {
  return { name: flag, text: quoteName(name), hasPlaces: false };
}

/** A column's name as SQL, whatever it contains. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
