import { expandSet } from "./matrix.ts";
import type { Report } from "./report.ts";
import type { ModelSectionValues } from "./schema.ts";
import type { GroupConfig, MatrixConfig } from "./types.ts";

/** Which models run together, by groups or by a matrix. `idOf` reports a name that is none, and gives nothing then. */
export function coexistence(
  merged: ModelSectionValues,
  idOf: (name: string, path: readonly string[]) => string[],
  report: Report,
): { readonly groups: readonly GroupConfig[]; readonly matrix: MatrixConfig | undefined } {
  const settings = merged.routing?.router?.settings;
  const groups = merged.groups ?? settings?.groups;
  const matrix = merged.matrix ?? settings?.matrix;
  const use =
    merged.routing?.router?.use ?? (matrix !== undefined && groups === undefined ? "matrix" : "group");
  if (merged.groups !== undefined && merged.matrix !== undefined) {
    report(["matrix"], "groups and matrix exclude each other");
  }
  if (use === "matrix" && matrix !== undefined) return { groups: [], matrix: matrixOf(matrix, idOf, report) };
  return { groups: groupsOf(groups ?? {}, idOf, report), matrix: undefined };
}

function groupsOf(
  groups: NonNullable<ModelSectionValues["groups"]>,
  idOf: (name: string, path: readonly string[]) => string[],
  report: Report,
): readonly GroupConfig[] {
  const owners = new Map<string, string>();
  return Object.entries(groups).map(
    ([id, { swap = true, exclusive = true, persistent = false, members }]) => {
      const ids = members.flatMap((name, index) => idOf(name, ["groups", id, "members", String(index)]));
      for (const member of ids) {
        const owner = owners.get(member);
        if (owner !== undefined && owner !== id) {
          report(["groups", id, "members"], `"${member}" is in the group "${owner}" already`);
        }
        owners.set(member, id);
      }
      return { id, swap, exclusive, persistent, members: ids };
    },
  );
}

function matrixOf(
  matrix: NonNullable<ModelSectionValues["matrix"]>,
  idOf: (name: string, path: readonly string[]) => string[],
  report: Report,
): MatrixConfig {
  const ids = new Map(
    Object.entries(matrix.vars).map(([short, name]) => [
      short,
      idOf(name, ["matrix", "vars", short])[0] ?? name,
    ]),
  );
  const idFor = (short: string, path: readonly string[]): string => {
    const id = ids.get(short);
    if (id === undefined) report(path, `"${short}" is not one of matrix.vars`);
    return id ?? short;
  };
  const expressions = new Map(Object.entries(matrix.sets));
  const sets = [...expressions].flatMap(([name, expression]) => {
    try {
      return expandSet(expression, expressions, [name]).map((set) =>
        set.map((short) => idFor(short, ["matrix", "sets", name])),
      );
    } catch (error) {
      report(["matrix", "sets", name], `can't be read: ${(error as Error).message}`);
      return [];
    }
  });
  const costs = Object.entries(matrix.evict_costs ?? {});
  return {
    sets,
    evictCosts: new Map(costs.map(([short, cost]) => [idFor(short, ["matrix", "evict_costs", short]), cost])),
  };
}
