import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { privacyFault } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { callerHeaders, clientHeaders } from "./caller-headers.ts";
import type { Connection } from "./connection.ts";
import { findInstance, type LocalServer } from "./find-instance.ts";
import type { ClientOptions } from "./options.ts";

/** What a connection needs besides its instance. */
export type LocalOptions = Pick<ClientOptions, "autoStart" | "onNotice" | "onStarting" | "signal">;

const WITHOUT_TCP =
  "The server started without TCP: hearth's commands work, HTTP clients and the page do not";

/** A connection to the local instance that the options mean, as its owner. */
export async function connectLocal(options: ClientOptions): Promise<Connection> {
  const local = await findInstance(options);
  for (const notice of local.notices) options.onNotice?.(notice);
  return connectLocalServer(local, options);
}

/** A connection to a known local instance through its Unix socket, as its owner. */
export function connectLocalServer(local: LocalServer, options: LocalOptions): Connection {
  const { runtime, instance, cwd, environment } = local;
  const start =
    options.autoStart === false ? undefined : (signal?: AbortSignal) => startLocal(local, options, signal);
  let isKnown = false;
  let told = "";
  /** Variables that files of the server's name: it asks for them, since requests do not name them. */
  const wanted = new Set<string>();
  const isAskedFor = (response: Response): boolean => {
    const names = response.headers.get("x-hearth-variables")?.split(",") ?? [];
    const unsent = names.filter((name) => environment[name] !== undefined && !wanted.has(name));
    for (const name of unsent) wanted.add(name);
    return unsent.length > 0;
  };
  return {
    shownAddress: instance.socketPath,
    fetch: (path, init) => {
      refuseForeignSocket(instance.socketPath);
      return runtime.fetch(instance.socketPath, `http://localhost${path}`, init);
    },
    headers: (requestText, isAboutFiles) => ({
      ...clientHeaders(),
      ...(isAboutFiles ? callerHeaders({ directory: cwd, environment, requestText, wanted }) : {}),
    }),
    start,
    findSilence: async () => (await import("../lifecycle/silent-server.ts")).findSilence(runtime, instance),
    meet: (response) => {
      const notice = response.headers.get("x-hearth-notice");
      if (notice !== null && notice !== told) {
        told = notice;
        options.onNotice?.(decodeURIComponent(notice));
      }
      const dropAnswer = async () => response.body?.cancel();
      if (isAskedFor(response)) return dropAnswer().then(() => true);
      if (isKnown || start === undefined || response.headers.get("x-hearth-version") === VERSION)
        return undefined;
      isKnown = true;
      return import("./other-version.ts").then(({ meetOtherVersion }) =>
        meetOtherVersion(local, dropAnswer, start),
      );
    },
  };
}

/** A socket in a folder that others can write to may be anybody's. An absent folder only means that no server runs. */
function refuseForeignSocket(socketPath: string): void {
  const folder = dirname(socketPath);
  if (!existsSync(folder)) return;
  const fault = privacyFault(folder);
  if (fault === undefined) return;
  throw new HearthError("state-unusable", `The folder ${folder} can't be used: ${fault.reason}`, {
    hint: fault.hint,
  });
}

async function startLocal(
  local: LocalServer,
  { onNotice, onStarting, signal: clientSignal }: LocalOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [{ ensureRunning }, { findService, serviceStart }] = await Promise.all([
    import("../lifecycle/start.ts"),
    import("../service/find-service.ts"),
  ]);
  const service = await findService(local);
  const { runtime, instance, stateFolder, environment } = local;
  const { started } = await ensureRunning({
    runtime,
    instance,
    command: runtime.selfCommand(local.serveArgs(service?.serveArgs)),
    service: serviceStart(service, onNotice),
    directory: stateFolder,
    env: environment,
    onProgress: onStarting === undefined ? undefined : (elapsedMs) => onStarting(elapsedMs / 1000),
    signal: signal ?? clientSignal,
  });
  if (!started || onNotice === undefined) return;
  const { readRecord } = await import("../lifecycle/record.ts");
  const problem = readRecord(instance.recordPath)?.tcpProblem;
  if (problem !== undefined) onNotice(`${problem}. ${WITHOUT_TCP}`);
}
