import { HearthError } from "../errors.ts";
import type { Runtime } from "../runtime/types.ts";
import type { StartedHow } from "./record.ts";

/** What a hearth says about itself under `hearth` in its health; the fields that other processes decide by. */
export interface HearthHealth {
  readonly version: string;
  readonly protocol: number;
  /** `Instance.key`. */
  readonly instance: string;
  /** `Instance.id`. */
  readonly id: string;
  readonly pid: number;
  readonly startedHow: StartedHow;
}

/** Who answers at an address. */
export type HealthAnswer =
  /** Nobody listens. */
  | { readonly kind: "none" }
  | { readonly kind: "hearth"; readonly health: HearthHealth }
  /** A hearth on its way out: 503 `server-stopping`. */
  | { readonly kind: "stopping" }
  | { readonly kind: "lynguine"; readonly version: string }
  /** The connection was accepted and closed without an answer in HTTP. */
  | { readonly kind: "broken" }
  /** The connection was accepted, and nothing was said in time. */
  | { readonly kind: "silent" }
  /** The hearth of another user of this machine, which does not answer us: 403 `other-user`. */
  | { readonly kind: "other-user" }
  /** Something that isn't hearth. */
  | { readonly kind: "other" };

/** An owner's socket, or a TCP address. */
export type HealthTarget = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Asks who is there. Never throws; it takes `timeoutMs` at most. */
export async function askHealth(
  runtime: Runtime,
  target: HealthTarget,
  timeoutMs = 2000,
): Promise<HealthAnswer> {
  const isSocket = "socketPath" in target;
  const signal = AbortSignal.timeout(timeoutMs);
  const url = isSocket
    ? "http://localhost/api/health"
    : `http://${urlHost(target.host)}:${target.port}/api/health`;
  try {
    const response = await runtime.fetch(isSocket ? target.socketPath : undefined, url, {
      // Looking on is not use: the idle clock of the server must not see it.
      headers: { "x-hearth-watch": "1", connection: "close" },
      signal,
      redirect: "manual",
    });
    return parseHealth(await response.text());
  } catch (error) {
    if (signal.aborted) return { kind: "silent" };
    if (!(error instanceof HearthError)) return { kind: "broken" };
    return { kind: error.code === "server-unreachable" ? "none" : "broken" };
  }
}

/** Reads the body of a health answer. */
export function parseHealth(text: string): HealthAnswer {
  try {
    const body = JSON.parse(text) as Record<string, unknown> | null;
    if (isHealth(body?.["hearth"])) return { kind: "hearth", health: body["hearth"] };
    if (body?.["code"] === "server-stopping") return { kind: "stopping" };
    if (body?.["code"] === "other-user") return { kind: "other-user" };
    const isLynguine = String(body?.["server"]).startsWith("lynguine-server");
    return isLynguine ? { kind: "lynguine", version: String(body?.["version"]) } : { kind: "other" };
  } catch {
    return { kind: "other" };
  }
}

function isHealth(value: unknown): value is HearthHealth {
  if (typeof value !== "object" || value === null) return false;
  const health = value as Record<keyof HearthHealth, unknown>;
  return (
    [health.version, health.instance, health.id, health.startedHow].every(
      (text) => typeof text === "string",
    ) && [health.protocol, health.pid].every((number) => Number.isSafeInteger(number))
  );
}

/** A host as it stands in a URL; who listens on all addresses is asked on loopback. */
export function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "") return "127.0.0.1";
  if (host === "::" || host === "[::]") return "[::1]";
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
