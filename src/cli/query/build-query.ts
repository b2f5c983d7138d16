import { HearthError } from "../../errors.ts";

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
export function buildQuery({ sql, select, where, sort }: QueryFlags): string | undefined {
  const others = { select, where, sort };
  const besides = Object.entries(others).find(([, value]) => value !== undefined);
  if (sql !== undefined && besides !== undefined) {
    throw new HearthError("usage", `--sql and --${besides[0]} exclude each other`, {
      hint: `Say it in the query: select ... from data where ... order by ...`,
    });
  }
  if (sql !== undefined || besides === undefined) return sql;
  const columns = select === undefined ? "*" : select.map(quoteName).join(", ");
  const condition = where === undefined ? "" : ` where (${where}\n)`;
  const order = sort === undefined ? "" : ` order by ${sort.map(sortTerm).join(", ")}`;
  return `select ${columns} from data${condition}${order}`;
}

/** The query with at most `limit` rows of its result. */
export function limitQuery(query: string, limit: number): string {
  return `select * from (${query.replace(/[;\s]+$/, "")}\n) limit ${limit}`;
}

function sortTerm(name: string): string {
  return name.startsWith("-")
    ? `${quoteName(name.slice(1))} desc nulls last`
    : `${quoteName(name)} nulls last`;
}

/** A column's name as SQL, whatever it contains. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
