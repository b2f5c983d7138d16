import { existsSync, rmSync } from "node:fs";
import type { Instance } from "../lifecycle/instance.ts";
import type { ManagerState, ServiceManager } from "./manager.ts";
import type { ServicePlan } from "./plan.ts";
import { placeFiles, readServiceFile, refuseForeign } from "./service-files.ts";

/** How a service is. */
export interface ServiceStatus extends ManagerState {
  readonly manager: ServiceManager["name"];
  readonly isInstalled: boolean;
  /** Such as "127.0.0.1:8765"; undefined when it is not installed. */
  readonly address: string | undefined;
  readonly files: readonly string[];
}

/** Which instance's service is meant. */
export type ServiceOf = Pick<Instance, "id" | "key">;

/** True when all or some of an instance's own service is there. */
export function isInstalled(manager: ServiceManager, { id, key }: ServiceOf): boolean {
  return manager.paths(key).some((path) => readServiceFile(path)?.mark?.instance === id);
}

/**
 * Writes a service's files and lets its manager take them; a service that was there is replaced. When the manager refuses,
 * the files are as they were. Throws `service-failed`.
 *
 * @param makeRoom called when nothing of the service runs any more: whoever holds its address has to leave it
 */
export async function installService(
  manager: ServiceManager,
  plan: ServicePlan,
  makeRoom: () => Promise<void>,
): Promise<void> {
  refuseForeign(manager.paths(plan.key), plan.id);
  const wasInstalled = isInstalled(manager, plan);
  if (wasInstalled) await manager.halt(plan.key);
  let restore: (() => void) | undefined;
  try {
    await makeRoom();
    restore = placeFiles(manager.files(plan));
    await manager.take(plan.key);
  } catch (error) {
    await goBack(manager, plan, wasInstalled, restore);
    throw error;
  }
}

async function goBack(
  manager: ServiceManager,
  { key }: ServicePlan,
  wasInstalled: boolean,
  restore: (() => void) | undefined,
): Promise<void> {
  if (!wasInstalled && restore !== undefined) await manager.release(key);
  restore?.();
  // Its own failure would hide the first one.
  if (wasInstalled) await manager.take(key).catch(() => {});
  else if (restore !== undefined) await manager.forget(key);
}

/** Takes a service away, whatever is left of it. Gives the files that were removed. Throws `service-failed` for a foreign one. */
export async function uninstallService(manager: ServiceManager, of: ServiceOf): Promise<readonly string[]> {
  const paths = manager.paths(of.key).filter((path) => existsSync(path));
  refuseForeign(paths, of.id);
  if (paths.length === 0) return [];
  await manager.release(of.key);
  for (const path of paths) rmSync(path, { force: true });
  await manager.forget(of.key);
  return paths;
}

/** Looks at a service; starts nothing, and does not knock at its address, which would. */
export async function serviceStatus(manager: ServiceManager, of: ServiceOf): Promise<ServiceStatus> {
  const files = manager.paths(of.key);
  const found = files.map((path) => readServiceFile(path));
  const mark = found.find((file) => file?.mark?.instance === of.id)?.mark;
  if (mark === undefined) {
    const none = { isEnabled: false, isActive: false, server: "none", problems: [] };
    return { manager: manager.name, isInstalled: false, address: undefined, files, ...none };
  }
  const state = await manager.state(of.key);
  const missing = files.filter((path) => !existsSync(path)).map((path) => `The file ${path} is gone`);
  const gone = mark.program
    .filter((path) => !existsSync(path))
    .map((path) => `${path}, which it starts, is gone`);
  const broken = [...missing, ...gone].map((what) => `${what}: hearth service install`);
  return {
    manager: manager.name,
    isInstalled: true,
    address: mark.address,
    files,
    ...state,
    problems: [...broken, ...state.problems],
  };
}
