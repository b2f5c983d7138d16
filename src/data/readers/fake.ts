import { setImmediate as nextTurn } from "node:timers/promises";
import type { Faker } from "@faker-js/faker";
import { HearthError } from "../../errors.ts";
import { columnFromCells, streamOf } from "../columns.ts";
import { isCellObject, keysOf } from "../json-keys.ts";
import { Moment } from "../moment.ts";
import { didYouMean } from "../../nearest.ts";
import { kindOf } from "../records.ts";
import type { DataSource, Reader } from "../source.ts";
import type { Cell, Column } from "../table.ts";

type Generator = (faker: Faker) => Cell;

/** By the names of section 4.1 of the wire contract; `name` is a first name there. */
const GENERATORS: Readonly<Record<string, Generator>> = {
  givenName: ({ person }) => person.firstName(),
  familyName: ({ person }) => person.lastName(),
  prefix: ({ person }) => person.prefix(),
  suffix: ({ person }) => person.suffix(),
  name: ({ person }) => person.firstName(),
  city: ({ location }) => location.city(),
  state: ({ location }) => location.state(),
  address: ({ location }) => location.streetAddress(),
  email: ({ internet }) => internet.email(),
  phone: ({ phone }) => phone.number(),
  age: ({ number }) => number.int({ min: 16, max: 66 }),
  date: ({ date }) => dayOf(date.past({ years: 25 })),
  birthdate: ({ date }) => dayOf(date.birthdate()),
};

function dayOf(date: Date): Moment {
  return new Moment(date.toISOString().slice(0, 10));
}

/** Cells in all; some seconds of work. */
const MAX_CELLS = 5_000_000;

const ROWS_PER_TURN = 1000;

/** Made-up people, other ones each time. Throws `request-invalid` and `data-too-large`. */
export const fakeReader: Reader = {
  type: "fake",
  extensions: [],
  mediaTypes: [],
  readsNoFile: true,
  parameters: ["nrows", "cols"],
  options: () => undefined,
  async read(source, { signal }) {
    const rows = rowsOf(source);
    const columns = columnsOf(source);
    if (rows === 0) return streamOf({ rows: 0, columns: [] });
    if (rows * columns.length > MAX_CELLS) {
      throw new HearthError(
        "data-too-large",
        `${rows} rows of ${columns.length} columns are more than ${MAX_CELLS} values`,
      );
    }
    const { faker } = await import("@faker-js/faker/locale/en");
    const made: Column[] = [];
    for (const [name, generate] of columns) {
      const cells: Cell[] = [];
      while (cells.length < rows) {
        if (cells.length % ROWS_PER_TURN === 0) await nextTurn();
        signal.throwIfAborted();
        cells.push(generate(faker));
      }
      made.push(columnFromCells(name, cells));
    }
    return streamOf({ rows, columns: made });
  },
};

function rowsOf({ nrows }: DataSource): number {
  if (typeof nrows === "number" && Number.isSafeInteger(nrows) && nrows >= 0) return nrows;
  const came =
    nrows === undefined ? "it is missing" : `it is ${typeof nrows === "number" ? nrows : kindOf(nrows)}`;
  throw invalid(`"nrows" must be a whole number, 0 or more; ${came}`);
}

/** A list of generators, or an object of columns and their generators. */
function columnsOf({ cols }: DataSource): readonly (readonly [string, Generator])[] {
  if (Array.isArray(cols)) return cols.map((name: unknown) => [String(name), generatorOf(name)]);
  if (isCellObject(cols)) return keysOf(cols).map((column) => [column, generatorOf(cols[column])]);
  throw invalid(`"cols" must be a list of generators or an object {column: generator}, not ${kindOf(cols)}`);
}

function generatorOf(name: unknown): Generator {
  const known = typeof name === "string" && Object.hasOwn(GENERATORS, name) ? GENERATORS[name] : undefined;
  if (known !== undefined) return known;
  throw invalid(`No generator is named "${String(name)}"`, didYouMean(String(name), Object.keys(GENERATORS)));
}

function invalid(reason: string, hint?: string): HearthError {
  return new HearthError("request-invalid", `The data source of type "fake": ${reason}`, { hint });
}
