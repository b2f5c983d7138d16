import type { ManagerState } from "./manager.ts";
import type { UnitNames } from "./systemd-units.ts";

/** Properties of a unit by name, as `systemctl show` prints them. */
export type UnitState = Readonly<Record<string, string>>;

/** Reads `systemctl show UNIT...`: `Name=value` lines, an empty line between units; by `Id`. */
export function parseUnitStates(text: string): ReadonlyMap<string, UnitState> {
  const units = text.split(/\n{2,}/).map((block) => {
    const lines = block.split("\n").filter((line) => line.includes("="));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    ) as UnitState;
  });
  return new Map(units.map((unit) => [unit["Id"] ?? "", unit]));
}

/** What the manager's properties mean; `units` is undefined when it gave none. */
export function stateOf(names: UnitNames, units: ReadonlyMap<string, UnitState> | undefined): ManagerState {
  if (units === undefined) {
    const problems = ["systemd's user manager can't be reached: systemctl --user status"];
    return { isEnabled: false, isActive: false, server: "unknown", problems };
  }
  const socket = units.get(names.socket) ?? {};
  const server = units.get(names.server) ?? {};
  const isEnabled = socket["UnitFileState"] === "enabled";
  const isActive = socket["ActiveState"] === "active";
  return {
    isEnabled,
    isActive,
    server: server["ActiveState"] ?? "unknown",
    problems: [...socketProblems(names, socket, isEnabled, isActive), ...unitProblems(names, units)],
  };
}

function socketProblems(
  { socket }: UnitNames,
  state: UnitState,
  isEnabled: boolean,
  isActive: boolean,
): string[] {
  const problems: string[] = [];
  if (!isActive) {
    const why = state["ActiveState"] === "failed" ? ` (${state["Result"] ?? "failed"})` : "";
    problems.push(`${socket} does not listen${why}: systemctl --user restart ${socket}`);
  }
  if (!isEnabled) problems.push(`${socket} is not enabled: systemctl --user enable ${socket}`);
  return problems;
}

function unitProblems(names: UnitNames, units: ReadonlyMap<string, UnitState>): string[] {
  return [names.server, names.proxy].flatMap((name) => {
    const { ActiveState, NeedDaemonReload, Result } = units.get(name) ?? {};
    const failed =
      ActiveState === "failed" ? [`${name} has failed (${Result}): journalctl --user -u ${name}`] : [];
    const changed =
      NeedDaemonReload === "yes" ? [`${name} was changed since: systemctl --user daemon-reload`] : [];
    return [...failed, ...changed];
  });
}
