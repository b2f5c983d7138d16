import type { Cell, Column, ColumnSchema, Table } from "../data/table.ts";
import type { ColumnPlan, WholeTable } from "./protocol.ts";

/** What has to be known of a column before its values come. */
export function planOf(column: Column): ColumnPlan {
  const hasGaps = column.kind !== "mixed" && column.valid !== undefined;
  if (column.kind === "text") {
    const { offsets, length } = column;
    return { kind: "text", hasGaps, textBytes: (offsets[length] as number) - (offsets[0] as number) };
  }
  if (column.kind !== "bigint") return { kind: column.kind, hasGaps };
  return { kind: "bigint", hasGaps, isUnsigned: column.values instanceof BigUint64Array };
}

/** Puts a table together as its pieces come, each in a moment: one copy of all of them at the end would take long. */
export class TableAssembly {
  readonly #schema: readonly ColumnSchema[];
  readonly #plan: WholeTable;
  readonly #places: readonly Place[];
  #rows = 0;

  constructor(schema: readonly ColumnSchema[], plan: WholeTable) {
    this.#schema = schema;
    this.#plan = plan;
    this.#places = plan.columns.map((column) => placeFor(column, plan.rows));
  }

  add(piece: Table): void {
    for (const [position, column] of piece.columns.entries())
      (this.#places[position] as Place).put(column, this.#rows);
    this.#rows += piece.rows;
  }

  finish(): Table {
    const columns = this.#schema.map((head, position) =>
      (this.#places[position] as Place).take(head, this.#plan.rows),
    );
    if (!this.#plan.hasLabels) return { rows: this.#plan.rows, columns };
    return { rows: this.#plan.rows, columns: columns.slice(0, -1), labels: columns.at(-1) };
  }
}

/** Where a column's values are put. */
interface Place {
  put(part: Column, from: number): void;
  take(head: ColumnSchema, length: number): Column;
}

function placeFor(plan: ColumnPlan, rows: number): Place {
  if (plan.kind === "mixed") return mixedPlace();
  const valid = plan.hasGaps ? new Uint8Array(rows).fill(1) : undefined;
  return plan.kind === "text" ? textPlace(plan.textBytes ?? 0, rows, valid) : valuesPlace(plan, rows, valid);
}

function mixedPlace(): Place {
  const values: Cell[] = [];
  return {
    put(part) {
      if (part.kind === "mixed") for (const value of part.values) values.push(value);
    },
    take: ({ name, dtype }, length) => ({ kind: "mixed", name, dtype, length, values }),
  };
}

function textPlace(textBytes: number, rows: number, valid: Uint8Array | undefined): Place {
  const bytes = new Uint8Array(textBytes);
  const offsets = new Uint32Array(rows + 1);
  let at = 0;
  return {
    put(part, from) {
      if (part.kind !== "text") return;
      const start = part.offsets[0] as number;
      bytes.set(part.bytes.subarray(start, part.offsets[part.length]), at);
      for (let row = 1; row <= part.length; row += 1)
        offsets[from + row] = (part.offsets[row] as number) - start + at;
      at = offsets[from + part.length] as number;
      if (part.valid !== undefined) valid?.set(part.valid, from);
    },
    take: ({ name, dtype }, length) =>
      ({ kind: "text", name, dtype, length, bytes, offsets, valid }) as Column,
  };
}

function valuesPlace({ kind, isUnsigned }: ColumnPlan, rows: number, valid: Uint8Array | undefined): Place {
  const values = emptyValues(kind, isUnsigned === true, rows);
  return {
    put(part, from) {
      if (part.kind === "mixed" || part.kind === "text") return;
      (values as Uint8Array).set(part.values as Uint8Array, from);
      if (part.valid !== undefined) valid?.set(part.valid, from);
    },
    // What the kinds of columns demand of each other's fields was true of the column that was sent.
    take: ({ name, dtype }, length) => ({ kind, name, dtype, length, values, valid }) as Column,
  };
}

function emptyValues(kind: ColumnPlan["kind"], isUnsigned: boolean, rows: number) {
  if (kind === "bool") return new Uint8Array(rows);
  if (kind === "number") return new Float64Array(rows);
  return isUnsigned ? new BigUint64Array(rows) : new BigInt64Array(rows);
}
