import { dirname, join } from "node:path";
import type { Instance } from "../lifecycle/instance.ts";

/** What a service of this user runs, and where it is reached: all that its files are written from. */
export interface ServicePlan {
  /** `Instance.key`; names the service. */
  readonly key: string;
  /** `Instance.id`; tells it from a service of the same name over another state folder. */
  readonly id: string;
  /** The program with its arguments, absolute: `hearth serve --service ...`, without what says where to listen. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment that the manager adds to its own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly address: ServiceAddress;
  /** Where the server takes guests when the manager holds the port; see `guestSocketOf`. */
  readonly guestSocketPath: string;
  /** The server's standard output and error, where the manager keeps none. */
  readonly outputPath: string;
}

/** A TCP address; the host is an IP address. */
export interface ServiceAddress {
  readonly host: string;
  readonly port: number;
}

/** A file of a service. */
export interface ServiceFile {
  readonly path: string;
  readonly text: string;
}

/** A service's name: "hearth" for the default instance, else with the instance's key. */
export function serviceName(key: string): string {
  return key === "default" ? "hearth" : `hearth-${key}`;
}

/** The guests' socket of an instance's service, beside the owner's and hardly longer. */
export function guestSocketOf({
  id,
  folder,
  socketPath,
}: Pick<Instance, "id" | "folder" | "socketPath">): string {
  const place = dirname(socketPath);
  return join(place, place === folder ? "guests.sock" : `g-${id}.sock`);
}

/** As it stands in a URL and in `ListenStream=`. */
export function addressText({ host, port }: ServiceAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
