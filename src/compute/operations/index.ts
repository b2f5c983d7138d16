import type { Operation } from "../operation.ts";
import { add } from "./add.ts";
import { aggregate } from "./aggregate.ts";
import { describe } from "./describe.ts";
import { filter } from "./filter.ts";
import { join } from "./join.ts";
import { select } from "./select.ts";
import { sort } from "./sort.ts";
import { sql } from "./sql.ts";

/** All operations that hearth has of its own. */
export const OPERATIONS: readonly Operation[] = [sql, filter, sort, select, add, aggregate, join, describe];
