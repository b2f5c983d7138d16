import { dirname } from "node:path";
import type { ConsolaInstance } from "consola";
import { createClient } from "../../client/client.ts";
import { HearthError } from "../../errors.ts";
import type { ReloadResult } from "../../server-control.ts";

/** What the server of a config made of a change that is not in the file itself, such as its trust. */
export type RunningServerAnswer =
  | { readonly state: "not-running" }
  | ({ readonly state: "reloaded" } & ReloadResult)
  | { readonly state: "kept"; readonly reason: string; readonly hint?: string | undefined };

/** Lets the server of a config look at it now: by itself it does so only when the file changes. */
export async function reloadRunning(path: string): Promise<RunningServerAnswer> {
  const client = createClient({ cwd: dirname(path), autoStart: false, retries: 0 });
  const request = { method: "POST", path: "/api/control/reload", body: "{}", timeoutSeconds: 10 } as const;
  try {
    const { changed, kept, needsRestart, warnings } = await client.json<ReloadResult>(request);
    return { state: "reloaded", changed, kept, needsRestart, warnings };
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    if (error.code === "server-unreachable") return { state: "not-running" };
    return { state: "kept", reason: error.message, hint: error.hint };
  }
}

/** Says it in words. */
export function tellRunning(server: RunningServerAnswer, log: ConsolaInstance): void {
  switch (server.state) {
    case "not-running":
      return void log.info("No server runs here; the next one goes by it");
    case "kept":
      return void log.warn(`The running server keeps its settings: ${sentence(server)}`);
    default:
      tellReloaded(server, log);
  }
}

function sentence({ reason, hint }: { readonly reason: string; readonly hint?: string | undefined }): string {
  return hint === undefined ? reason : `${reason}. ${hint}`;
}

function tellReloaded({ changed, kept, needsRestart }: ReloadResult, log: ConsolaInstance): void {
  if (changed.length > 0) log.info(`The running server has taken ${changed.join(", ")}`);
  if (needsRestart.length > 0) {
    log.warn(`${needsRestart.join(", ")} only after \`hearth restart\`: ${kept.join("; ")}`);
  }
  if (changed.length === 0 && needsRestart.length === 0) {
    log.info("Nothing changed for the running server");
  }
}
