import type { ColumnSchema, DType } from "../table.ts";
import {
  BigIntBuilder,
  BoolBuilder,
  BoolGapsBuilder,
  FloatBuilder,
  IntegerBuilder,
} from "./build-inferred.ts";
import { BooleanBuilder, NullableNumberBuilder } from "./build-nullable.ts";
import { TextBuilder } from "./build-text.ts";
import type { BuildPlace, ColumnBuilder } from "./column-builder.ts";
import type { ColumnKind } from "./infer-type.ts";

const DTYPES: Readonly<Record<ColumnKind, DType>> = {
  empty: "object",
  int64: "int64",
  bigint: "int64",
  uint64: "uint64",
  float64: "float64",
  bool: "bool",
  "bool-gaps": "object",
  text: "object",
  Int32: "Int32",
  Float64: "Float64",
  boolean: "boolean",
};

/** Name and dtype of a column of this kind. */
export function schemaOf(name: string | number, kind: ColumnKind): ColumnSchema {
  return { name, dtype: DTYPES[kind] };
}

/**
 * Builds a column of an inferred or a requested type. While cells are added, one that does not fit throws
 * `data-invalid` for a requested type and `file-changed` for an inferred one: it fitted when the type was found.
 *
 * @param rows how many cells there will be
 */
export function createBuilder(kind: ColumnKind, rows: number, place: BuildPlace): ColumnBuilder {
  switch (kind) {
    case "int64":
      return new IntegerBuilder(rows, place.file);
    case "bigint":
      return new BigIntBuilder("int64", rows, place.file);
    case "uint64":
      return new BigIntBuilder("uint64", rows, place.file);
    case "float64":
      return new FloatBuilder(rows, place.file);
    case "bool":
      return new BoolBuilder(rows, place.file);
    case "bool-gaps":
      return new BoolGapsBuilder(place.file);
    case "Int32":
    case "Float64":
      return new NullableNumberBuilder(kind, rows, place);
    case "boolean":
      return new BooleanBuilder(rows, place);
    case "empty":
    case "text":
      return new TextBuilder(rows);
  }
}
