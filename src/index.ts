import { EmbeddedHearth, type HearthOptions } from "./embedded.ts";

export type { HearthApp } from "../routes/app.ts";
export type { Authorize, EmbeddedHearth, HearthOptions } from "./embedded.ts";
export type { EmbeddedServer, ListenOptions } from "./embedded-server.ts";
export { type FaultCode, HearthError } from "./errors.ts";
export type {
  UserArguments,
  UserContext,
  UserFunction,
  UserFunctions,
  UserRow,
  UserRowFunction,
  UserTableFunction,
} from "./functions/user-functions.ts";
export { VERSION } from "./version.ts";

/**
 * A hearth of your own: `app` is a Hono app to mount in another, `fetch` answers a request, `serve()` listens. Makes no
 * files, timers or sockets before they are needed, shares nothing with another hearth in the process; `close()` frees all.
 * Throws `config-invalid` for an option that can't be meant.
 *
 * @example
 * const hearth = createHearth({ roots: ["./data"] });
 * new Hono().route("/hearth", hearth.app);
 */
export function createHearth(options: HearthOptions = {}): EmbeddedHearth {
  return new EmbeddedHearth(options);
}
